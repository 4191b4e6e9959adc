"""`waggle policy` as it is typed."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bot.cli import app
from config.policy_model import schema
from tests.unit.config.policies import ISSUE


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("WAGGLE_POLICY", "WAGGLE_POLICY_FILE"):
        monkeypatch.delenv(name, raising=False)
    path = tmp_path / "policy.yaml"
    path.write_text(ISSUE, encoding="utf-8")
    return path


def waggle(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["policy", *map(str, arguments)])


def test_a_good_file_is_summed_up(file: Path) -> None:
    done = waggle("check", file)
    assert done.exit_code == 0
    first, second, valid, *rest = done.output.splitlines()
    assert first.startswith(f"{file}:8:")
    assert second.startswith(f"{file}:14:")
    assert first.endswith("(warning)")
    assert second.endswith("(warning)")
    assert valid.startswith(f"{file} is valid, version ")
    assert len(valid.removesuffix(".").rpartition(" ")[2]) == 8
    assert rest == [
        "Roles: viewer, operator, admin.",
        "Grants: 2.",
        "Environments: production, default.",
    ]


def test_an_empty_file_is_good_and_says_what_it_means(file: Path) -> None:
    file.write_text("", encoding="utf-8")
    done = waggle("check", file)
    assert done.exit_code == 0
    assert "no roles: nobody may do anything (warning)" in done.output
    assert "Environments: none." in done.output


def test_a_broken_file_is_told_line_by_line(file: Path) -> None:
    file.write_text("version: 1\nrolls: {}\ngrants: [{role: x}]\n", encoding="utf-8")
    for command in (("check", file), ("explain", "U001", "read", "web", "--file", file)):
        done = waggle(*command)
        assert done.exit_code == 1
        assert f"{file}:2:1: unknown key rolls; did you mean roles?\n" in done.output
        assert f"{file}:3:10: may is missing\n" in done.output


def test_the_setting_is_the_default(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WAGGLE_POLICY", str(file))
    assert f"{file} is valid" in waggle("check").output
    assert "U001 may read web." in waggle("explain", "U001", "read", "web").output


def test_the_open_policy_has_no_file(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert file.exists()
    monkeypatch.setenv("WAGGLE_POLICY", "open")
    assert "there is no file to check" in waggle("check").output
    assert "U009 may remove web." in waggle("explain", "U009", "rm", "web").output


def test_without_a_file_it_says_what_to_type(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for command in (("check",), ("explain", "U001", "read", "web")):
        done = waggle(*command)
        assert done.exit_code == 2
        assert done.output == "waggle policy: name a file, or set WAGGLE_POLICY to its path.\n"
    monkeypatch.setenv("WAGGLE_POLICY_FILE", str(file.parent / "none"))
    done = waggle("check")
    assert done.exit_code == 2
    assert "WAGGLE_POLICY_FILE: cannot read" in done.output


@pytest.mark.parametrize(
    ("arguments", "outcome", "decided"),
    [
        (["--label", "env=prod"], "once it is approved", "environments.production.approvals"),
        (["--network", "prod"], "once it is approved", "environments.production.approvals"),
        (["--cluster", "eu"], "once it is approved", "environments.production.approvals"),
        (
            ["--constraint", "node.labels.env == prod"],
            "once it is approved",
            "environments.production.approvals",
        ),
        (["--label", "env=test"], "may not update", "no grant"),
    ],
)
def test_explain_looks_at_what_is_given(
    file: Path, arguments: list[str], outcome: str, decided: str
) -> None:
    line = ["explain", "U009", "update", "web", "--group", "S0OPS", "--channel", "C0OPS"]
    done = waggle(*line, "--file", file, *arguments)
    assert done.exit_code == 0
    assert outcome in done.output
    assert f"Decided by: {decided}." in done.output


def test_explain_knows_rights_and_typed_verbs(file: Path) -> None:
    for verb in ("remove", "rm"):
        done = waggle("explain", "U001", verb, "web", "--file", file)
        assert "U001 may not remove web." in done.output


@pytest.mark.parametrize(
    ("user", "verb", "says"),
    [
        ("U001", "updat", "no right and no verb is called updat. Did you mean `update`?"),
        ("U001", "qqqq", "Rights are read, scale, update, rollback, create,"),
        ("@ann", "update", "@ann is no id of a person (U… or W…)"),
    ],
)
def test_explain_says_what_to_type_instead(file: Path, user: str, verb: str, says: str) -> None:
    done = waggle("explain", user, verb, "web", "--file", file)
    assert done.exit_code == 2
    assert says in done.output


def test_the_schema_is_printed() -> None:
    done = waggle("schema")
    assert json.loads(done.output) == schema()
