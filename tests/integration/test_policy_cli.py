"""`waggle policy check --slack` against a workspace: what it says, and its exit status."""

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.cli import app
from bot.slack.manifest import BOT_SCOPES
from playground.workspace import LocalWorkspace
from tests.unit.config.policies import place

ROOT = Path(__file__).parents[2]
GOOD = textwrap.dedent("""\
    version: 1
    roles:
      all:   {everyone: true}
      ops:   {groups: [S0SRE], users: [U0ANN, U0BOB]}
      admin: {users: [U0BOB]}
    grants:
      - {role: all, may: [read]}
      - {role: ops, may: [update], channels: [C0OPS, C0DEV]}
    environments:
      prod:
        match: {service: "prod_*"}
        approvals: {required: 1, approvers: {groups: [S0SRE], users: [U0CAT]}}
        notify: {channels: [C0PROD]}
    channels:
      C0LONELY: {cluster: eu}
""")
Said = tuple[int, list[str], list[str]]
"""The exit status, what it said, and what it said on standard error."""

SUMMARY = ["Roles: all, ops, admin.", "Grants: 2.", "Environments: prod."]


class Shell:
    """A policy file, a workspace, and the command line."""

    def __init__(self, workspace: LocalWorkspace, file: Path) -> None:
        self.workspace, self.client, self.file = workspace, workspace.client, file
        self.environ = {
            "SLACK_BOT_TOKEN": workspace.settings.bot_token,
            "SLACK_API_URL": workspace.api_url,
        }
        self.write(GOOD)

    def write(self, text: str) -> None:
        self.file.write_text(text, encoding="utf-8")

    def check(self, *words: str, **environ: str) -> Said:
        """Type it; the same in less time than a process takes."""
        env: dict[str, str | None] = {**self.environ, **environ}
        done = CliRunner().invoke(app, ["policy", "check", str(self.file), *words], env=env)
        return self._said(done.exit_code, done.stdout, done.stderr)

    def process(self, *words: str, **environ: str) -> Said:
        """Type it where no other Python is."""
        done = subprocess.run(
            [sys.executable, "-m", "bot", "policy", "check", str(self.file), *words],
            env={"PATH": os.environ["PATH"], **self.environ, **environ},
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        return self._said(done.returncode, done.stdout, done.stderr)

    def _said(self, status: int, output: str, errors: str) -> Said:
        assert self.workspace.settings.bot_token not in output + errors
        return status, output.splitlines(), errors.splitlines()

    def places(self, *ids: str) -> list[str]:
        text = self.file.read_text(encoding="utf-8")
        return [f"{self.file}:{place(text, each)}" for each in ids]


@pytest.fixture
def shell(workspace: LocalWorkspace, tmp_path: Path) -> Shell:
    return Shell(workspace, tmp_path / "policy.yaml")


def test_a_file_whose_ids_slack_knows_is_good(shell: Shell) -> None:
    status, said, errors = shell.process("--slack")
    assert (status, errors) == (0, [])
    valid, *rest = said
    assert valid.startswith(f"{shell.file} is valid, version ")
    assert rest == [*SUMMARY, "Slack knows 8 of the 8 ids in it."]
    methods = [call["method"] for call in shell.client.calls()]
    assert methods.count("usergroups.list") == 1
    assert methods.count("users.info") == 3
    assert methods.count("conversations.info") == 4


def test_what_slack_does_not_know_is_told_at_each_of_its_places(shell: Shell) -> None:
    text = GOOD.replace("U0BOB", "U0NOBODY").replace("groups: [S0SRE], users: [U0CAT]", "{}")
    text = text.replace("{{}}", "{groups: [S0NONE], users: [U0CAT]}")
    text = text.replace("[C0PROD]", "[C0NONE]").replace("C0LONELY", "G0NONE")
    shell.write(text)
    first, second, third, fourth = shell.places("U0NOBODY", "S0NONE", "C0NONE", "G0NONE")
    (again,) = shell.places("U0NOBODY]}\ngrants")
    known = "or it is private and the bot is not in it"
    assert shell.check("--slack") == (
        1,
        [
            f"{first}: Slack knows no user U0NOBODY",
            f"{again}: Slack knows no user U0NOBODY",
            f"{second}: Slack knows no user group S0NONE",
            f"{third}: Slack knows no channel C0NONE, {known}",
            f"{fourth}: Slack knows no channel G0NONE, {known}",
        ],
        [],
    )
    status, said, _ = shell.check()
    assert (status, "Slack" in "".join(said)) == (0, False), "without --slack nobody is asked"


def test_who_and_what_has_been_closed_is_named_as_such(shell: Shell) -> None:
    shell.client.control("deactivate", user="ann")
    shell.client.control("create_group", handle="sre", users=["cat"], disabled=True)
    shell.client.control("archive", channel="releases")
    status, said, _ = shell.check("--slack")
    group, user, again, channel = shell.places("S0SRE", "U0ANN", "S0SRE], users: [U0C", "C0PROD")
    gone = "user group S0SRE is disabled in Slack: nobody is in it"
    assert status == 1
    assert said == [
        f"{group}: {gone}",
        f"{user}: user U0ANN is deactivated in Slack",
        f"{again}: {gone}",
        f"{channel}: channel C0PROD is archived in Slack",
    ]


def test_a_broken_file_is_told_with_what_slack_does_not_know(shell: Shell) -> None:
    shell.write(GOOD.replace("may: [update]", "may: [updat]").replace("U0CAT", "U0NOBODY"))
    status, (broken, unknown), _ = shell.check("--slack")
    assert status == 1
    assert "updat" in broken
    assert unknown == f"{shell.places('U0NOBODY')[0]}: Slack knows no user U0NOBODY"
    shell.write("roles: [\n")
    status, said, errors = shell.check("--slack")
    assert (status, len(said), errors) == (1, 1, [])


def test_with_the_scopes_of_the_manifest_it_says_what_was_not_checked(shell: Shell) -> None:
    shell.client.configure(scopes=BOT_SCOPES)
    shell.write(GOOD.replace("C0DEV", "C0NONE").replace("U0CAT", "U0NOBODY"))
    status, said, errors = shell.check("--slack")
    assert (status, errors) == (0, [])
    unchecked = f"{shell.file}: not checked: "
    users, channels, _, *rest = said
    needs = "that takes the optional scope users:read (warning)"
    assert users == f"{unchecked}users U0ANN, U0BOB, U0NOBODY: {needs}"
    needs = "that takes the optional scopes channels:read and, for private ones, groups:read"
    assert channels == f"{unchecked}channels C0OPS, C0NONE, C0PROD, C0LONELY: {needs} (warning)"
    assert rest == [*SUMMARY, "Slack knows 1 of the 8 ids in it."]


def test_with_slack_away_it_says_so_and_guesses_nothing(shell: Shell) -> None:
    shell.client.down(mode="503")
    status, said, (line,) = shell.process("--slack")
    assert status == 2
    assert said[-1] == "Slack knows 0 of the 8 ids in it."
    ids = "S0SRE, U0ANN, U0BOB, C0OPS, C0DEV, U0CAT, C0PROD, C0LONELY"
    asked = f"waggle policy: Slack could not be asked about {ids}: it does not answer ("
    assert line == f"{asked}HTTP 503)"
    status, _, (line,) = shell.process("--slack", SLACK_API_URL="http://127.0.0.1:1/api/")
    assert (status, line.startswith(asked)) == (2, True)
    shell.client.up()
    shell.client.lose_reply("auth.test")
    status, _, (line,) = shell.process("--slack")
    assert status == 2
    assert "it gives no good answer (" in line


def test_what_is_wrong_with_the_file_counts_more_than_slack_away(shell: Shell) -> None:
    shell.write(GOOD.replace("U0CAT", "U0NOBODY"))
    shell.client.fault("http_error", "conversations.info", word="503", count=None)
    status, *_ = shell.check("--slack")
    assert status == 2, "the ids after the first channel were not asked about"
    shell.client.clear()
    shell.client.fault("error", "conversations.info", word="team_access_not_granted", count=None)
    status, said, errors = shell.check("--slack")
    assert status == 1
    assert said == [f"{shell.places('U0NOBODY')[0]}: Slack knows no user U0NOBODY"]
    (line,) = errors
    about = "C0OPS, C0DEV, C0PROD, C0LONELY: it says team_access_not_granted"
    assert line == f"waggle policy: Slack could not be asked about {about}"


def test_a_pause_that_slack_wants_is_kept_and_told(shell: Shell) -> None:
    shell.client.storm("users.info", count=2, retry_after=1)
    status, said, errors = shell.check("--slack")
    assert (status, said[-1]) == (0, "Slack knows 8 of the 8 ids in it.")
    assert errors == ["waggle policy: Slack wants a pause of 1 s"] * 2
    shell.client.storm("usergroups.list", retry_after=500)
    status, _, (line,) = shell.check("--slack")
    assert status == 2
    assert line.endswith("it wants a pause of 500 s; try again then")


def test_the_token_is_asked_for_in_one_line(shell: Shell, tmp_path: Path) -> None:
    needs = "the bot's token, xoxb-… (Slack: OAuth & Permissions)"
    assert shell.check("--slack", SLACK_BOT_TOKEN="") == (
        2,
        [],
        [f"waggle policy: --slack asks Slack: SLACK_BOT_TOKEN: missing; {needs}"],
    )
    status, _, (line,) = shell.check("--slack", SLACK_BOT_TOKEN="xoxb-of-another-app")
    assert (status, line) == (2, "waggle policy: Slack refuses SLACK_BOT_TOKEN (invalid_auth)")
    secret = tmp_path / "token"
    secret.write_text(shell.environ["SLACK_BOT_TOKEN"] + "\n", encoding="utf-8")
    status, *_ = shell.check("--slack", SLACK_BOT_TOKEN="", SLACK_BOT_TOKEN_FILE=str(secret))
    assert status == 0


def test_a_file_without_ids_needs_no_answer(shell: Shell) -> None:
    shell.write("version: 1\nroles: {all: {everyone: true}}\ngrants: [{role: all, may: [read]}]\n")
    shell.client.down()
    status, said, errors = shell.check("--slack")
    assert (status, said[-1], errors) == (0, "It names no id of Slack's.", [])
