from datetime import timedelta
from pathlib import Path

import pytest

from config.settings import HostPort, SettingsError, load_bot, load_slack, load_worker

WORKER = {"SLACK_BOT_TOKEN": "xoxb-canary-token", "WAGGLE_POLICY": "open"}
BOT = WORKER | {"SLACK_SIGNING_SECRET": "canary-signing"}


def problems(environ: dict[str, str], *, bot: bool = True) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        (load_bot if bot else load_worker)(environ)
    return caught.value.problems


def test_the_defaults() -> None:
    settings = load_bot(BOT)
    assert settings.slack_api_url == "https://slack.com/api/"
    assert settings.redis_url is None
    assert settings.waggle_http == HostPort(host="127.0.0.1", port=3000)
    assert settings.waggle_command == "/swarm"
    assert settings.data_dir == Path("~/.local/state/waggle").expanduser()
    assert settings.waggle_policy == "open"
    assert not settings.socket_mode
    assert settings.warnings == ()


def test_all_that_is_missing_is_said_at_once() -> None:
    names = [line.partition(":")[0] for line in problems({})]
    assert names == [
        "SLACK_APP_TOKEN or SLACK_SIGNING_SECRET",
        "SLACK_BOT_TOKEN",
        "WAGGLE_POLICY",
    ]
    names = [line.partition(":")[0] for line in problems({}, bot=False)]
    assert names == ["SLACK_BOT_TOKEN", "WAGGLE_POLICY"]


def test_the_missing_policy_names_the_word_open() -> None:
    assert "`open`" in problems({"SLACK_BOT_TOKEN": "xoxb-1"}, bot=False)[0]


@pytest.mark.parametrize("policy", ["/etc/waggle/none.yaml", "Open", "none", "open "])
def test_what_is_neither_the_word_nor_a_file_lets_nobody_in(policy: str) -> None:
    (line,) = problems(BOT | {"WAGGLE_POLICY": policy})
    assert line == (
        f"WAGGLE_POLICY: cannot find the file {Path(policy).absolute()}: No such file or "
        "directory; for trying out, the word is `open`"
    )


def test_a_policy_may_be_a_file(tmp_path: Path) -> None:
    file = tmp_path / "policy.yaml"
    file.touch()
    assert load_bot(BOT | {"WAGGLE_POLICY": str(file)}).policy_file == file
    assert load_bot(BOT).policy_file is None


def test_the_path_of_a_policy_may_come_from_a_file(tmp_path: Path) -> None:
    file, holder = tmp_path / "policy.yaml", tmp_path / "path"
    file.touch()
    holder.write_text(f"{file}\n", encoding="utf-8")
    environ = {**BOT, "WAGGLE_POLICY": "", "WAGGLE_POLICY_FILE": str(holder)}
    assert load_bot(environ).policy_file == file


def test_the_policy_itself_is_not_the_path_of_one(tmp_path: Path) -> None:
    file = tmp_path / "policy.yaml"
    file.write_text("version: 1\nroles: {}\n", encoding="utf-8")
    (line,) = problems({**BOT, "WAGGLE_POLICY": "", "WAGGLE_POLICY_FILE": str(file)})
    assert line.startswith("WAGGLE_POLICY: want the path of the policy file, not its content")


def test_a_directory_is_no_policy(tmp_path: Path) -> None:
    (line,) = problems(BOT | {"WAGGLE_POLICY": str(tmp_path)})
    assert line == f"WAGGLE_POLICY: {tmp_path} is a directory: name the policy file in it"


def test_nobody_s_home_has_no_policy() -> None:
    (line,) = problems(BOT | {"WAGGLE_POLICY": "~no-such-user/policy.yaml"})
    assert line.startswith("WAGGLE_POLICY: whose home is meant by")


def test_a_worker_that_starts_again_does_not_look_for_the_policy(tmp_path: Path) -> None:
    gone = tmp_path / "policy.yaml"
    environ = WORKER | {"WAGGLE_POLICY": str(gone)}
    assert load_worker(environ, again=True).policy_file == gone


def test_an_app_token_is_socket_mode() -> None:
    settings = load_bot(WORKER | {"SLACK_APP_TOKEN": "xapp-1-A"})
    assert settings.socket_mode
    assert settings.slack_signing_secret is None


def test_an_empty_variable_is_unset() -> None:
    assert not load_bot(BOT | {"SLACK_APP_TOKEN": "", "REDIS_URL": ""}).socket_mode


def test_every_setting_can_come_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("xoxb-from-file\n", encoding="utf-8")
    (tmp_path / "http").write_text("[::1]:0\n", encoding="utf-8")
    environ = {
        "SLACK_BOT_TOKEN_FILE": str(tmp_path / "token"),
        "WAGGLE_HTTP_FILE": str(tmp_path / "http"),
        "WAGGLE_POLICY": "open",
    }
    settings = load_worker(environ)
    assert settings.slack_bot_token.get_secret_value() == "xoxb-from-file"
    assert settings.waggle_http == HostPort(host="::1", port=0)


def test_a_file_must_be_readable_and_alone(tmp_path: Path) -> None:
    (tmp_path / "empty").write_text("\n", encoding="utf-8")
    (tmp_path / "bytes").write_bytes(b"\xff\xfe")
    lines = problems(
        {
            "SLACK_BOT_TOKEN": "xoxb-1",
            "SLACK_BOT_TOKEN_FILE": str(tmp_path / "empty"),
            "WAGGLE_POLICY_FILE": str(tmp_path / "none"),
            "SLACK_SIGNING_SECRET_FILE": str(tmp_path / "empty"),
            "WAGGLE_SECRET_FILE": str(tmp_path / "bytes"),
        }
    )
    assert lines == [
        "SLACK_BOT_TOKEN: set either SLACK_BOT_TOKEN or SLACK_BOT_TOKEN_FILE, not both",
        f"SLACK_SIGNING_SECRET_FILE: {tmp_path}/empty is empty",
        f"WAGGLE_POLICY_FILE: cannot read {tmp_path}/none: No such file or directory",
        f"WAGGLE_SECRET_FILE: {tmp_path}/bytes is not UTF-8 text",
    ]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SLACK_BOT_TOKEN", "canary-not-a-token"),
        ("SLACK_APP_TOKEN", "xoxb-canary"),
        ("SLACK_API_URL", "ftp://slack.com/api/"),
        ("REDIS_URL", "http://:canary@redis"),
        ("REDIS_URL", "redis://:canary@redis:port"),
        ("REDIS_URL", "redis://[canary"),
        ("REDIS_URL", "redis://redis:6379?socket_timeout=canary"),
        ("REDIS_URL", "redis://:canary@redis:6379?no_such_option=1"),
        ("REDIS_URL", "redis://:canary@redis:6379?max_connections=-1"),
        ("REDIS_URL", "rediss://:canary@redis:6379?ssl_cert_reqs=maybe"),
        ("WAGGLE_SECRET", "canary"),
        ("WAGGLE_HTTP", "3000"),
        ("WAGGLE_HTTP", "localhost:65536"),
        ("WAGGLE_HTTP", "::1:3000"),
        ("WAGGLE_KEEP", "90d"),
        ("WAGGLE_KEEP", "14m59s"),
        ("WAGGLE_COMMAND", "swarm"),
        ("WAGGLE_COMMAND", "/sw arm"),
    ],
)
def test_a_wrong_value_is_one_line_without_the_value(name: str, value: str) -> None:
    (line,) = problems(BOT | {name: value})
    assert line.startswith(f"{name}: ")
    assert "\n" not in line
    assert "canary" not in line


@pytest.mark.parametrize("value", ["localhost:3000", "0.0.0.0:80", "[::1]:3000"])
def test_where_to_listen(value: str) -> None:
    found = load_worker(WORKER | {"WAGGLE_HTTP": value}).waggle_http
    assert value.replace("[", "").replace("]", "") == f"{found.host}:{found.port}"


def test_the_api_url_ends_in_a_slash() -> None:
    settings = load_worker(WORKER | {"SLACK_API_URL": "http://127.0.0.1:9/api"})
    assert settings.slack_api_url == "http://127.0.0.1:9/api/"


def test_bot_and_worker_sign_alike_and_by_their_secret() -> None:
    key = load_bot(BOT).signing_key
    assert key == load_worker(WORKER).signing_key
    assert len(key) == 32
    assert key != load_worker(WORKER | {"SLACK_BOT_TOKEN": "xoxb-other"}).signing_key
    own = {"WAGGLE_SECRET": "a secret of one's own"}
    assert (
        load_bot(BOT | own).signing_key
        == load_worker(WORKER | own | {"SLACK_BOT_TOKEN": "xoxb-other"}).signing_key
    )
    assert load_bot(BOT | own).signing_key != key


def test_no_secret_is_seen_in_the_settings_words() -> None:
    environ = BOT | {"REDIS_URL": "redis://:canary@r", "WAGGLE_SECRET": "canary-canary-canary"}
    settings = load_bot(environ)
    assert "canary" not in repr(settings)
    assert sum("canary" in secret for secret in settings.secrets) == 4


def test_an_unknown_variable_is_a_warning_with_a_near_name() -> None:
    settings = load_bot(BOT | {"WAGGLE_POLCY": "x", "WAGGLE_QXZQXZQXZ": "y", "PATH": "/bin"})
    assert settings.warnings == (
        "WAGGLE_POLCY: no such setting, ignored; did you mean WAGGLE_POLICY?",
        "WAGGLE_QXZQXZQXZ: no such setting, ignored",
    )


def test_docker_is_read_as_the_cli_reads_it() -> None:
    worker = load_worker(
        WORKER | {"DOCKER_HOST": "tcp://m:2376", "DOCKER_TLS_VERIFY": "0", "DOCKER_CERT_PATH": "/c"}
    )
    assert (worker.docker_host, worker.docker_cert_path) == ("tcp://m:2376", "/c")
    assert worker.docker_tls_verify  # any word is true there, 0 as well
    assert not load_worker(WORKER).docker_tls_verify


def test_an_engine_by_ssh_is_refused_with_the_way_that_there_is() -> None:
    with pytest.raises(SettingsError) as caught:
        load_worker(WORKER | {"DOCKER_HOST": "ssh://deploy@manager1"})
    (problem,) = caught.value.problems
    assert problem.startswith("DOCKER_HOST: ssh:// is not spoken")
    assert "want unix:///run/waggle/docker.sock" in problem


def test_what_is_over_is_kept_for_ninety_days_or_as_told() -> None:
    assert load_bot(BOT).waggle_keep == timedelta(days=90)
    assert load_worker(WORKER | {"WAGGLE_KEEP": "36h"}).waggle_keep == timedelta(hours=36)
    assert load_worker(WORKER).waggle_lock_remind == timedelta(hours=24)
    assert load_worker(WORKER | {"WAGGLE_LOCK_REMIND": "1h"}).waggle_lock_remind.seconds == 3600
    assert problems(BOT | {"WAGGLE_KEEP": "90d"}) == [
        "WAGGLE_KEEP: '90d' is no duration; write 2160h"
    ]


def test_to_ask_slack_takes_the_token_and_nothing_else() -> None:
    settings = load_slack({"SLACK_BOT_TOKEN": "xoxb-1", "WAGGLE_POLICY": "/none"})
    assert settings.slack_bot_token.get_secret_value() == "xoxb-1"
    assert settings.slack_api_url == "https://slack.com/api/"
    local = load_slack({"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_API_URL": "http://127.0.0.1:1/api"})
    assert local.slack_api_url == "http://127.0.0.1:1/api/"


@pytest.mark.parametrize(
    ("environ", "says"),
    [
        ({}, "SLACK_BOT_TOKEN: missing; the bot's token, xoxb-…"),
        ({"SLACK_BOT_TOKEN": "canary"}, "SLACK_BOT_TOKEN: does not look like a token"),
        ({"SLACK_BOT_TOKEN_FILE": "/none"}, "SLACK_BOT_TOKEN_FILE: cannot read /none"),
        ({"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_API_URL": "slack.com"}, "SLACK_API_URL: want an"),
    ],
)
def test_what_keeps_slack_from_being_asked_is_one_line(environ: dict[str, str], says: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load_slack(environ)
    (line,) = caught.value.problems
    assert line.startswith(says)
    assert "canary" not in line
