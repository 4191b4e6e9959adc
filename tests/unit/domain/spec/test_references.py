"""Secrets, configs and credential specs: names in the line, ids in the spec."""

from typing import Any

import pytest

from bot.domain.errors import UserError
from bot.domain.spec import configs_in, secrets_in
from tests.unit.domain.spec.editing import edits, inside, made

IDS = {"key": "id-key", "cert": "id-cert"}


def _file(name: str, **more: Any) -> dict[str, Any]:
    return {"Name": name, "UID": "0", "GID": "0", "Mode": 0o444, **more}


def _secret(name: str, target: str, **more: Any) -> dict[str, Any]:
    return {"File": _file(target, **more), "SecretID": f"id-{name}", "SecretName": name}


def _config(name: str) -> dict[str, Any]:
    return {"File": _file(name), "ConfigID": f"id-{name}", "ConfigName": name}


def _runtime(name: str) -> dict[str, Any]:
    return {"Runtime": {}, "ConfigID": f"id-{name}", "ConfigName": name}


@pytest.mark.parametrize(
    ("typed", "entry"),
    [
        ("key", _secret("key", "key")),
        ("source=key", _secret("key", "key")),
        (
            "SRC=key,target=/k,uid=1,gid=2,mode=0400",
            _secret("key", "/k", UID="1", GID="2", Mode=0o400),
        ),
        ("source=key,mode=400", _secret("key", "key", Mode=400)),
        ("source=key,mode=0o400", _secret("key", "key", Mode=0o400)),
        ("source=key,mode=0x1F", _secret("key", "key", Mode=31)),
        ("source=key,mode=0", _secret("key", "key", Mode=0)),
    ],
)
def test_a_secret_as_it_is_typed(typed: str, entry: dict[str, Any]) -> None:
    assert made(f"--secret {typed}", secrets=IDS)["ContainerSpec"]["Secrets"] == [entry]


def test_names_to_resolve() -> None:
    line = (
        "update --secret-add key --secret-add source=key,target=b --secret-rm cert "
        "--config-add a --credential-spec config://b web"
    )
    assert secrets_in(edits(line)) == ("key",)
    assert configs_in(edits(line)) == ("a", "b")
    assert configs_in(edits("update --credential-spec registry://b web")) == ()


def test_secrets_are_removed_by_name_first() -> None:
    before = {"Secrets": [_secret("key", "key")]}
    line = "--secret-rm key --secret-rm nope --secret-add source=cert,target=key"
    assert inside(line, before, secrets=IDS)["Secrets"] == [_secret("cert", "key")]
    assert "Secrets" not in inside("--secret-rm key", before)
    with pytest.raises(UserError, match="the secret `key` is at the target `key` already") as no:
        inside("--secret-add source=cert,target=key", before, secrets=IDS)
    assert "--secret-rm key" in no.value.full_text


def test_configs_are_removed_by_name_first() -> None:
    before = {"Configs": [_config("a"), _config("b")]}
    after = inside("--config-rm b --config-add c", before, configs={"c": "id-c"})
    assert after["Configs"] == [_config("a"), _config("c")]


def _in_full(**said: str) -> dict[str, Any]:
    return {
        "CredentialSpec": {"Config": "", "File": "", "Registry": "", **said},
        "SELinuxContext": None,
    }


def test_a_credential_spec_out_of_a_config() -> None:
    container = made("--credential-spec config://a --config a", configs={"a": "id-a"})
    assert container["ContainerSpec"]["Configs"] == [_config("a"), _runtime("a")]
    assert container["ContainerSpec"]["Privileges"] == _in_full(Config="id-a")


def test_a_config_that_no_credential_spec_uses_goes_whatever_is_updated() -> None:
    used = {"Configs": [_runtime("a")], "Privileges": _in_full(Config="id-a")}
    assert inside("--config-rm a", used)["Configs"] == [_runtime("a")]
    unused = {"Configs": [_config("a"), _runtime("a")], "Privileges": {"CredentialSpec": None}}
    assert inside("--label-add a=b", unused)["Configs"] == [_config("a")]
    other = inside("--credential-spec registry://r", used)
    assert "Configs" not in other
    assert other["Privileges"] == _in_full(Registry="r")
    gone = inside("--credential-spec ''", used)
    assert gone["Privileges"] == {"CredentialSpec": None, "SELinuxContext": None}
    assert "Privileges" not in inside("--credential-spec ''", {})
