"""`waggle bot` as a process: its settings, its port, its end."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from importlib.metadata import version
from pathlib import Path

import pytest

from bot.slack.manifest import BOT_SCOPES
from tests.integration.front_bed import FrontBed, front
from tests.waiting import eventually

SETTINGS = ["SLACK_BOT_TOKEN", "WAGGLE_POLICY", "REDIS_URL"]
SECRET = "xoxb-canary-9e1f"
KNOWN = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}


def waggle(*arguments: str, **environ: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "bot", *arguments],
        env={**KNOWN, **environ},
        capture_output=True,
        text=True,
        timeout=40,
        check=False,
    )


def test_without_settings_each_missing_one_is_a_line_and_the_status_is_2() -> None:
    done = waggle("bot")
    lines = done.stderr.splitlines()
    assert done.returncode == 2
    assert not done.stdout
    assert all(line.startswith("waggle bot: ") for line in lines)
    for name in ("SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET", "WAGGLE_POLICY"):
        assert sum(name in line for line in lines) == 1
    assert len(lines) == 3


def test_wrong_settings_are_all_named_at_once_and_no_secret_is(tmp_path: Path) -> None:
    done = waggle(
        "bot",
        SLACK_BOT_TOKEN="canary-not-a-token",
        SLACK_SIGNING_SECRET="canary-both",
        SLACK_SIGNING_SECRET_FILE=str(tmp_path / "x"),
        SLACK_APP_TOKEN_FILE=str(tmp_path / "missing"),
        WAGGLE_POLICY="shut",
        WAGGLE_HTTP="nowhere",
        REDIS_URL="canary://:hunter2@x",
        WAGGLE_COMMAND="swarm",
        WAGGLE_SECRET="canary",
    )
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 8
    for name in ("SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET_FILE", "SLACK_APP_TOKEN_FILE"):
        assert name in done.stderr
    for name in ("WAGGLE_POLICY", "WAGGLE_HTTP", "REDIS_URL", "WAGGLE_COMMAND", "WAGGLE_SECRET"):
        assert f"waggle bot: {name}: " in done.stderr
    assert "canary" not in done.stderr
    assert "hunter2" not in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("url", ["redis://:hunter2@host:port/0", "redis://[::1"])
def test_a_redis_url_that_cannot_be_read_is_no_traceback(url: str, tmp_path: Path) -> None:
    done = waggle(
        "bot",
        SLACK_BOT_TOKEN=SECRET,
        SLACK_API_URL="http://127.0.0.1:9/api/",
        SLACK_SIGNING_SECRET="s" * 32,
        WAGGLE_POLICY="open",
        WAGGLE_HTTP="127.0.0.1:0",
        WAGGLE_DATA=str(tmp_path),
        REDIS_URL=url,
    )
    assert done.returncode == 2
    assert "REDIS_URL" in done.stderr
    assert "Traceback" not in done.stderr
    assert "hunter2" not in done.stderr


def test_secrets_may_come_from_files(tmp_path: Path) -> None:
    with front(started=False) as bed:
        settings = bed.workspace.settings
        for name, value in (
            ("SLACK_BOT_TOKEN", settings.bot_token),
            ("SLACK_SIGNING_SECRET", settings.signing_secret),
        ):
            (tmp_path / name).write_text(value + "\n")
            bed.extra |= {name: "", f"{name}_FILE": str(tmp_path / name)}
        bed.start()
        eventually(bed.serves)
        assert bed.client.type("ann", "#ops", "/swarm help").http_status == 200
        assert settings.bot_token not in bed.log()


def test_a_port_in_use_is_one_clear_line_and_status_1() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, front(started=False) as bed:
        port = taken.getsockname()[1]
        environ = bed.environment() | {"WAGGLE_HTTP": f"127.0.0.1:{port}"}
        done = waggle("bot", **environ)
        assert done.returncode == 1
        last = json.loads(done.stderr.splitlines()[-1])
        assert last["event"] == f"cannot listen on 127.0.0.1 port {port}: Address already in use"
        assert "Traceback" not in done.stderr
        assert not bed.valkey_pids()


def test_an_address_that_is_not_ours_is_one_clear_line_too() -> None:
    with front(started=False) as bed:
        done = waggle("bot", **bed.environment() | {"WAGGLE_HTTP": "192.0.2.1:3000"})
        assert done.returncode == 1
        assert "cannot listen on 192.0.2.1 port 3000: " in done.stderr
        assert "Traceback" not in done.stderr


def test_a_data_directory_that_cannot_be_used_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with front(started=False) as bed:
        done = waggle("bot", **bed.environment() | {"WAGGLE_DATA": str(tmp_path / "file")})
        assert done.returncode == 1
        assert "no store: " in done.stderr
        assert "Traceback" not in done.stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("socket_mode", [False, True], ids=["http", "socket"])
def test_a_signal_ends_it_with_0_and_leaves_no_valkey(
    number: signal.Signals, *, socket_mode: bool
) -> None:
    with front(socket_mode=socket_mode) as bed:
        bed.client.type("ann", "#ops", "/swarm scale web=3")
        assert bed.valkey_pids()
        status, seconds = bed.end(number)
        assert status == 0
        assert seconds < 10
        assert not bed.valkey_pids()
        assert "Traceback" not in bed.log()
        bed.start()
        assert [rollout.service for rollout in bed.rollouts()] == ["web"]


@pytest.mark.parametrize("after", [0.15, 0.4, 0.7, 1.0])
def test_a_signal_while_it_starts_ends_it_without_a_word(after: float) -> None:
    with front(started=False) as bed:
        process = subprocess.Popen(
            [sys.executable, "-m", "bot", "bot"], env=bed.environment(), stderr=subprocess.PIPE
        )
        time.sleep(after)
        process.send_signal(signal.SIGTERM)
        try:
            _, words = process.communicate(timeout=30)
        finally:
            process.kill()  # one that does not end must not stay
        # Python itself has no handler yet in its very first moments
        assert process.returncode in {0, -signal.SIGTERM}
        assert b"Traceback" not in words
        eventually(lambda: not bed.valkey_pids())


def test_a_request_under_way_is_finished_at_sigterm() -> None:
    with front() as bed, socket.create_connection(("127.0.0.1", bed.port), 5) as connection:
        body = b"ssl_check=1&token=x"
        head = "".join(f"{name}: {value}\r\n" for name, value in bed.signed(body).items())
        head += "Content-Type: application/x-www-form-urlencoded\r\n"
        head = (
            f"POST /slack/events HTTP/1.1\r\nHost: x\r\n{head}Content-Length: {len(body)}\r\n\r\n"
        )
        connection.sendall(head.encode() + body[:5])
        time.sleep(0.3)
        assert bed.process is not None
        bed.process.send_signal(signal.SIGTERM)
        time.sleep(0.5)
        connection.sendall(body[5:])
        assert connection.recv(100).startswith(b"HTTP/1.1 200")
        assert bed.process.wait(20) == 0


def test_a_connection_that_stalls_does_not_hold_up_the_end() -> None:
    with front() as bed, socket.create_connection(("127.0.0.1", bed.port), 5) as connection:
        connection.sendall(b"POST /slack/events HTTP/1.1\r\nHost: x\r\nContent-")
        time.sleep(0.2)
        status, seconds = bed.end()
        assert status == 0
        assert seconds < 25


def test_every_line_of_the_log_is_json_and_the_start_says_what_is_open() -> None:
    with front() as bed:
        bed.client.type("ann", "#ops", "/swarm help")
        events = [line["event"] for line in bed.lines()]
        assert "WAGGLE_POLICY=open: everyone may do everything; for trying out only" in events
        (start,) = [line for line in bed.lines() if line["event"] == "waggle bot listens"]
        assert (start["port"], start["mode"]) == (bed.port, "HTTP")
        assert all({"event", "level", "logger", "timestamp"} <= line.keys() for line in bed.lines())


def test_an_unknown_setting_is_warned_of() -> None:
    with front(WAGGLE_COMAND="/dock") as bed:
        assert "did you mean WAGGLE_COMMAND" in bed.log()


def test_the_manifest_is_valid_json_in_both_modes() -> None:
    by_socket = json.loads(waggle("manifest").stdout)
    assert by_socket["settings"]["socket_mode_enabled"] is True
    assert by_socket["oauth_config"]["scopes"]["bot"] == BOT_SCOPES
    url = "https://waggle.example/slack/events"
    by_http = json.loads(waggle("manifest", "--command", "/dock", "--url", url).stdout)
    (command,) = by_http["features"]["slash_commands"]
    assert (command["command"], command["url"], command["should_escape"]) == ("/dock", url, True)
    assert by_http["settings"]["event_subscriptions"]["request_url"] == url
    assert by_http["settings"]["socket_mode_enabled"] is False


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--help"], ["bot", "worker", "demo", "manifest"]),
        (["worker", "--help"], ["--cluster", "--processes", *SETTINGS, "DOCKER_HOST"]),
        (["--version"], [f"waggle {version('waggle-swarm')}\n"]),
        (["bot", "--help"], SETTINGS),
    ],
)
def test_the_help_names_what_there_is(arguments: list[str], words: list[str]) -> None:
    done = waggle(*arguments, TERM="dumb", COLUMNS="100")
    assert done.returncode == 0
    for word in words:
        assert word in done.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["worker", "--cluster", "a b:c"], "small letters, digits"),
        (["worker", "--cluster", ""], "small letters, digits"),
        (["manifest", "--command", "swarm"], "want a slash and a name"),
        (["manifest", "--url", "foo"], "want an https URL"),
    ],
)
def test_a_wrong_option_is_refused(arguments: list[str], words: str) -> None:
    done = waggle(*arguments, TERM="dumb", COLUMNS="100")
    assert done.returncode == 2
    assert words in done.stderr


def test_the_bed_itself_sees_the_embedded_valkey() -> None:
    with front() as bed:
        assert isinstance(bed, FrontBed)
        assert bed.valkey_pids()


@pytest.mark.parametrize("socket_mode", [False, True], ids=["http", "socket"])
def test_what_is_typed_while_it_ends_is_answered_or_not_heard(*, socket_mode: bool) -> None:
    with front(socket_mode=socket_mode) as bed:
        eventually(lambda: bed.client.type("ann", "#ops", "/swarm rollouts").status == "ok")
        assert bed.process is not None
        process, shown = bed.process, []

        def types() -> None:
            while process.poll() is None:
                ack = bed.client.type("ann", "#ops", "/swarm rollouts")
                shown.append(ack.shown or "")

        people = [threading.Thread(target=types) for _ in range(6)]
        for person in people:
            person.start()
        time.sleep(0.5)
        assert bed.end()[0] == 0
        for person in people:
            person.join(20)
        assert [text for text in shown if "failed inside" in text] == []
        assert [line["event"] for line in bed.lines() if "failed" in line["event"]] == []
