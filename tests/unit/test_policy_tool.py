"""`waggle policy` as it is typed."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bot.cli import app
from config.policy_model import schema
from tests.unit.config.policies import ISSUE


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "policy.yaml"
    path.write_text(ISSUE, encoding="utf-8")
    return path


def waggle(*arguments: str | Path, **environ: str) -> Result:
    """Type it where nothing of Waggle is set but this."""
    env: dict[str, str | None] = {"WAGGLE_POLICY": None, "WAGGLE_POLICY_FILE": None, **environ}
    return CliRunner().invoke(app, ["policy", *map(str, arguments)], env=env)


def test_a_good_file_is_summed_up(file: Path) -> None:
    done = waggle("check", file)
    assert done.exit_code == 0
    first, valid, *rest = done.output.splitlines()
    assert first.startswith(f"{file}:8:")
    assert first.endswith("(warning)")
    assert valid.startswith(f"{file} is valid, version ")
    assert len(valid.removesuffix(".").rpartition(" ")[2]) == 8
    assert rest == [
        "Roles: viewer, operator, admin.",
        "Grants: 2.",
        "Environments: production, default.",
    ]


def test_clusters_and_groups_that_are_told_are_looked_for(file: Path) -> None:
    done = waggle("check", file, "--cluster", "us", "--group", "S0OPS")
    assert done.exit_code == 0
    assert "no cluster fits eu (warning)" in done.output
    assert "no user group S0SRE: nobody is in it (warning)" in done.output
    assert "no user group S0OPS" not in done.output
    other = waggle("check", file, "--group", "S0SRE", "--cluster", "eu")
    assert "no user group S0OPS: nobody is in it (warning)" in other.output
    assert "no cluster" not in other.output


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


def test_the_setting_is_the_default(file: Path) -> None:
    assert f"{file} is valid" in waggle("check", WAGGLE_POLICY=str(file)).output
    done = waggle("explain", "U001", "read", "web", WAGGLE_POLICY=str(file))
    assert "U001 may read web." in done.output


def test_the_open_policy_has_no_file() -> None:
    assert "there is no file to check" in waggle("check", WAGGLE_POLICY="open").output
    done = waggle("explain", "U009", "rm", "web", WAGGLE_POLICY="open")
    assert "U009 may remove web." in done.output


def test_without_a_file_it_says_what_to_type(file: Path) -> None:
    for command in (("check",), ("explain", "U001", "read", "web")):
        done = waggle(*command)
        assert done.exit_code == 2
        assert done.output == "waggle policy: name a file, or set WAGGLE_POLICY to its path.\n"
    done = waggle("check", WAGGLE_POLICY_FILE=str(file.parent / "none"))
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


@pytest.mark.parametrize("kind", ["secret", "config"])
def test_explain_judges_what_is_new_to_the_service_by_its_labels(file: Path, kind: str) -> None:
    line = ["explain", "U009", "update", "web", "--group", "S0OPS", "--channel", "C0OPS"]
    line += ["--label", "env=prod", "--file", str(file)]
    no_service = waggle(*line, f"--{kind}", "key,env=prod")
    assert f"Because no rule lets you update {kind} key in production." in no_service.output
    only = f"{kind} key: grants[1] (operator): it is only for services web*."
    assert only in no_service.output.splitlines()
    file.write_text(ISSUE.replace('services: ["web*"], ', ""), encoding="utf-8")
    fits = waggle(*line, f"--{kind}", "key,env=prod,team=shop")
    assert fits.exit_code == 0
    assert "U009 may update web once it is approved." in fits.output
    assert f"{kind} key: environment production: it matches by label `env=prod`." in fits.output
    assert f"{kind} key: grants[1] (operator): it applies." in fits.output
    bare = waggle(*line, f"--{kind}", "key")
    assert "U009 may not update web." in bare.output
    assert f"{kind} key: environment production: it does not match" in bare.output
    assert (
        f"{kind} key: grants[1] (operator): it is only for environments production, staging, not "
        "default." in bare.output
    )


@pytest.mark.parametrize("text", ["", "env=prod", ",env=prod"])
def test_explain_asks_for_the_name_of_a_secret(file: Path, text: str) -> None:
    done = waggle("explain", "U001", "update", "web", "--secret", text, "--file", file)
    assert done.exit_code == 2
    assert "Write it as `--secret NAME,LABEL=VALUE`." in done.output


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
