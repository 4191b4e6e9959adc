"""docker-compose.yml gives each process what it needs and no more.

Read as text: this file is the only YAML here, and its form (two spaces a level) is checked first.
"""

import re
from pathlib import Path

from config.settings import BotSettings, WorkerSettings

ROOT = Path(__file__).parents[2]
LINES = [
    line
    for line in (ROOT / "docker-compose.yml").read_text(encoding="utf-8").splitlines()
    if line.strip() and not line.lstrip().startswith("#")
]
SOCKET = "/var/run/docker.sock"


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
    assert service("bot")["tmpfs"] == "[/tmp, /data]"
    assert service("worker")["tmpfs"] == "[/tmp]"


def test_the_copy_of_the_audit_log_outlives_the_worker() -> None:
    assert '"worker:/data"' in service("worker")["volumes"]


def test_our_processes_get_more_than_the_30_seconds_they_may_take_to_end() -> None:
    for name in ("bot", "worker"):
        assert int(service(name)["stop_grace_period"].removesuffix("s")) > 30


def test_the_bot_is_asked_whether_it_lives_not_whether_it_is_ready() -> None:
    health = service("bot")["healthcheck"]
    assert "/healthz" in health
    assert "/readyz" not in health


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
    command = service("valkey")["command"]
    assert '"--appendonly", "yes"' in command
    assert '"--maxmemory-policy", "noeviction"' in command


def test_the_network_between_them_is_encrypted() -> None:
    assert "encrypted" in "\n".join(FILE["networks"])


def test_the_image_has_no_playground_and_does_not_run_as_root() -> None:
    recipe = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    last = recipe.split("\nFROM ")[-1]
    assert not re.search(r"^COPY.*\bplayground\b", recipe, re.MULTILINE)
    assert "playground" in (ROOT / ".dockerignore").read_text(encoding="utf-8").split()
    assert re.search(r"^USER (?!0|root)\S+$", last, re.MULTILINE)
