"""docker-compose.yml gives each process what it needs and no more.

That it runs so is for tests/scenario/test_deployed.py to say. Read as text: its form (two spaces a
level) is checked first.
"""

import re
from pathlib import Path

import pytest

from bot.jobs import QueueName
from config.settings import BotSettings, WorkerSettings

ROOT = Path(__file__).parents[2]
LINES = [
    line
    for line in (ROOT / "docker-compose.yml").read_text(encoding="utf-8").splitlines()
    if line.strip() and not line.lstrip().startswith("#")
]
SOCKET = "/var/run/docker.sock"
ONE_MACHINE = "deploy/one-machine.yml"
"""The only one that no stack is deployed with."""
ELSEWHERE = "deploy/worker-elsewhere.yml"
MORE = sorted(str(p.relative_to(ROOT)) for p in (ROOT / "deploy").glob("*.yml"))
RECIPE = (ROOT / "Dockerfile").read_text(encoding="utf-8")


def below(lines: list[str], level: int) -> dict[str, list[str]]:
    """Return key → the lines of its value, for the keys at a level of indentation."""
    found: dict[str, list[str]] = {}
    key = ""
    for line in lines:
        start = re.match(rf"^ {{{2 * level}}}([\w-]+):(.*)$", line)
        if start:
            key = start[1]
            found[key] = [start[2].strip()] if start[2].strip() else []
        elif key:
            found[key].append(line)
    return found


FILE = below(LINES, 0)
SERVICES = below(FILE["services"], 1)


def service(name: str) -> dict[str, str]:
    """Return a service's keys, each with its value as text."""
    return {key: "\n".join(value) for key, value in below(SERVICES[name], 2).items()}


def test_it_is_indented_by_twos() -> None:
    assert [line for line in LINES if "\t" in line or (len(line) - len(line.lstrip())) % 2] == []


def test_there_are_three_services() -> None:
    assert set(SERVICES) == {"bot", "worker", "valkey"}


def test_only_the_worker_has_the_socket_and_runs_on_a_manager() -> None:
    assert [name for name, lines in SERVICES.items() if SOCKET in "\n".join(lines)] == ["worker"]
    assert "node.role == manager" in service("worker")["deploy"]


def test_only_the_bot_listens() -> None:
    assert [name for name in SERVICES if "ports" in service(name)] == ["bot"]


def test_our_processes_write_nowhere_and_have_no_capabilities() -> None:
    for name in ("bot", "worker"):
        ours = service(name)
        assert (ours["read_only"], ours["cap_drop"]) == ("true", "[ALL]")
        assert "{type: tmpfs, target: /tmp}" in ours["volumes"]
    # a tmpfs over /data would be root's alone
    assert service("bot")["volumes"] == "[{type: tmpfs, target: /tmp}]"


@pytest.mark.parametrize(
    "name", ["docker-compose.yml", *(more for more in MORE if more != ONE_MACHINE)]
)
def test_no_key_is_used_that_a_stack_drops(name: str) -> None:
    """`docker stack deploy` ignores them without a word (tmpfs), or with one nobody reads."""
    dropped = {"tmpfs", "build", "security_opt", "container_name", "depends_on", "links"}
    text = (ROOT / name).read_text(encoding="utf-8")
    assert dropped & set(re.findall(r"^    (\w+):", text, re.MULTILINE)) == set()


def test_the_copy_of_the_audit_log_outlives_the_worker() -> None:
    assert "{type: volume, source: worker, target: /data}" in service("worker")["volumes"]


def test_our_processes_get_more_than_the_30_seconds_they_may_take_to_end() -> None:
    for name in ("bot", "worker"):
        assert int(service(name)["stop_grace_period"].removesuffix("s")) > 30


def test_the_bot_is_asked_whether_it_lives_not_whether_it_is_ready() -> None:
    (health,) = re.findall(r"^HEALTHCHECK (?:.*\\\n)*.*$", RECIPE, re.MULTILINE)
    assert "/healthz" in health
    assert "/readyz" not in health
    assert "healthcheck" not in service("bot"), "the image's own would not count"


def test_the_old_worker_is_kept_until_the_new_one_can_work() -> None:
    ours = service("worker")
    where = re.search(r"WAGGLE_READY: (\S+)", ours["environment"])
    assert where is not None
    assert f"cd {where[1]} && " in ours["healthcheck"]
    assert where[1].startswith("/tmp/"), "on the tmpfs, which no other worker has seen"
    names = {*(queue.value for queue in QueueName), "steward"}
    assert set(re.findall(r"test -e (\w+)", ours["healthcheck"])) == names
    assert "order: start-first" in ours["deploy"]


def test_every_variable_is_a_setting_and_secrets_come_as_files() -> None:
    for name, model in (("bot", BotSettings), ("worker", WorkerSettings)):
        variables = re.findall(r"^\s+([A-Z_]+):", service(name)["environment"], re.MULTILINE)
        known = {field.upper() for field in model.model_fields}
        assert {variable.removesuffix("_FILE") for variable in variables} <= known
        assert {
            v for v in variables if re.search("TOKEN|SECRET|REDIS", v) if v[-5:] != "_FILE"
        } == set()


def test_every_secret_that_is_read_is_given_and_declared() -> None:
    declared = set(below(FILE["secrets"], 1))
    given: set[str] = set()
    for name, lines in SERVICES.items():
        read = set(re.findall(r"/run/secrets/(\w+)", "\n".join(lines)))
        listed = set(re.findall(r"\w+", service(name)["secrets"]))
        assert read == listed, name
        given |= listed
    assert given == declared


def test_the_worker_does_not_get_what_only_the_bot_needs() -> None:
    assert "signing" not in "\n".join(SERVICES["worker"])


def test_the_store_keeps_and_refuses_rather_than_forgets() -> None:
    words = re.findall(r"^ +- (\S+)$", service("valkey")["command"], re.MULTILINE)
    told = dict(zip(words[2::2], words[3::2], strict=True))
    assert (told["--appendonly"], told["--maxmemory-policy"]) == ('"yes"', "noeviction")
    limit = re.search(r"memory: (\d+)M", service("valkey")["deploy"])
    assert limit is not None
    # a copy on write stands beside it while the append-only file is written anew
    assert int(told["--maxmemory"].removesuffix("mb")) <= 0.75 * int(limit[1])


def test_the_network_between_them_is_encrypted() -> None:
    assert "encrypted" in "\n".join(FILE["networks"])


def test_the_store_is_asked_for_by_the_address_of_its_task() -> None:
    assert "endpoint_mode: dnsrr" in service("valkey")["deploy"]


def test_every_service_has_limits_and_a_policy_for_updates() -> None:
    for name in SERVICES:
        deploy = service(name)["deploy"]
        assert re.search(r"limits: \{cpus: .*, memory: ", deploy), name
        assert "update_config" in deploy
        assert "rollback_config" in deploy
    for name in ("bot", "worker"):
        assert "failure_action: rollback" in service(name)["deploy"]


def test_there_are_never_two_stores_on_one_volume_and_none_goes_back_by_itself() -> None:
    deploy = service("valkey")["deploy"]
    ways = re.findall(r"(\w+)_config: \{order: (\S+), failure_action: (\w+)\}", deploy)
    assert ways == [("update", "stop-first", "pause"), ("rollback", "stop-first", "pause")]


def test_a_worker_elsewhere_is_the_worker_without_the_socket_and_with_tls() -> None:
    lines = _text(ELSEWHERE).splitlines()
    whole = below([line for line in lines if not line.lstrip().startswith("#")], 0)
    found = below(below(whole["services"], 1)["elsewhere"], 2)
    theirs, ours = {key: "\n".join(value) for key, value in found.items()}, service("worker")
    same = ("image", "networks", "read_only", "cap_drop", "init", "logging", "stop_grace_period")
    for key in (*same, "healthcheck"):
        assert theirs[key].strip() == ours[key].strip(), key
    ours["deploy"] = re.sub(r" +placement: .*\n", "", ours["deploy"])
    assert theirs["deploy"].strip() == ours["deploy"].strip()
    assert "user" not in theirs, "the image's own"
    assert "docker.sock" not in "\n".join(theirs.values())
    tls = theirs["environment"].removeprefix(ours["environment"]).split()
    assert tls[:1] + tls[2:] == [
        "DOCKER_HOST:", "DOCKER_TLS_VERIFY:", '"1"', "DOCKER_CERT_PATH:", "/run/secrets",
    ]  # fmt: skip
    targets = re.findall(r"source: (\w+), target: (\w+\.pem)", theirs["secrets"])
    assert targets == [
        ("docker_ca", "ca.pem"),
        ("docker_cert", "cert.pem"),
        ("docker_key", "key.pem"),
    ]
    assert set(below(whole["secrets"], 1)) == {name for name, _ in targets}
    assert "${WAGGLE_LOCAL_WORKERS:-0}" in "\n".join(below(whole["services"], 1)["worker"])


def test_a_policy_file_reaches_all_that_judge_by_it() -> None:
    target = "configs: [{source: policy, target: /policy.yaml}]"
    assert _text("deploy/policy.yml").count(target) == len(("bot", "worker"))
    assert _text(ELSEWHERE).count(target) == 1


def _text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def test_on_one_machine_every_secret_is_a_file() -> None:
    text = _text(ONE_MACHINE)
    files = dict(
        re.findall(r"^  (\w+): \{external: false, file: ./secrets/(\w+)\}", text, re.MULTILINE)
    )
    more = re.findall(
        r"^  (\w+): \{external: true\}", _text("deploy/socket-mode.yml"), re.MULTILINE
    )
    assert files == {name: name for name in (*below(FILE["secrets"], 1), *more)}
    assert more == ["slack_app_token"]


def test_the_image_has_no_playground_and_does_not_run_as_root() -> None:
    last = RECIPE.split("\nFROM ")[-1]
    assert not re.search(r"^COPY.*\bplayground\b", RECIPE, re.MULTILINE)
    assert "rm -rf /opt/waggle/lib/python3*/site-packages/playground" in RECIPE
    assert re.search(r"^USER (?!0|root)\S+$", last, re.MULTILINE)


def test_the_build_needs_no_network_and_takes_what_the_lock_names() -> None:
    assert not re.search(r"apt-get|curl|wget|https?://(?!127\.0\.0\.1)", RECIPE)
    assert "PIP_NO_INDEX=1" in RECIPE
    assert "--require-hashes" in RECIPE
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").split("\n")
    assert [line for line in ignored if line and line[0] != "#"] == ["*", "!dist/wheels"]


def test_the_classic_builder_understands_it() -> None:
    assert not re.search(r"^# syntax|--mount=|<<|--chmod|--link|TARGETPLATFORM", RECIPE)
