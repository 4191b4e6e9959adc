"""A freeze holds, says until when, and is shown ahead; rights come from user groups."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.adapters.clock import SystemClock
from bot.slack.manifest import BOT_SCOPES
from playground.lab import Lab
from playground.stage import Stage
from tests.scenario.conftest import gathered
from tests.scenario.team import Team
from tests.waiting import eventually

RULES = """\
version: 1
roles:
  all: {everyone: true}
  sre: {groups: [S0SRE]}
grants:
  - {role: all, may: [read]}
  - {role: sre, may: [scale, update, rollback, create, remove]}
environments:
  production:
    match: {service: "frozen*"}
"""
FREEZE = """\
    freeze:
      - cron: "{cron}"
        for: 3h
        timezone: Europe/Berlin
        reason: "the audit"
"""


class Frozen:
    """People on a stage with a policy file that can be written anew."""

    def __init__(self, team: Team, path: Path) -> None:
        self.team = team
        self.path = path

    def freeze(self, begins: datetime) -> None:
        """Let the file say that production is frozen from then on, for three hours."""
        local = begins.astimezone(ZoneInfo("Europe/Berlin"))
        cron = f"{local.minute} {local.hour} {local.day} {local.month} *"
        self.write(RULES + FREEZE.format(cron=cron))

    def write(self, text: str) -> None:
        new = self.path.with_suffix(".new")
        new.write_text(text, encoding="utf-8")
        new.replace(self.path)

    def is_known(self, *, frozen: bool) -> None:
        """Wait until those who change something know the file, too: each process reads it itself.

        A dry run is refused as the change would be.
        """
        line = f"scale --dry-run {self.team.service}=7"
        eventually(
            lambda: ("is frozen" in self.team.asks(line, "sam").text) is frozen,
            f"the worker to know that frozen is {frozen}",
        )

    def calendar_says(self, words: str) -> str:
        """Wait until `freezes` says that; return the whole answer."""
        told: list[str] = []

        def says() -> bool:
            told.append(self.team.asks("freezes").text)
            return words in told[-1]

        eventually(says, f"freezes says {words!r}")
        return told[-1]


@pytest.fixture
def frozen(swarm: Lab, tmp_path: Path) -> Iterator[Frozen]:
    path = tmp_path / "policy.yml"
    path.write_text(RULES, encoding="utf-8")
    extra = {"WAGGLE_POLICY": str(path)}
    with Stage(swarm, rate_limits=False, extra=extra) as stage:
        stage.client.configure(scopes=BOT_SCOPES)
        people = gathered(stage, "frozen")
        yield Frozen(people, path)
        people.remove_all()


def test_a_freeze_holds_and_says_until_when(frozen: Frozen) -> None:
    team, now = frozen.team, SystemClock().now()
    line = f"update --image {team.image('v2')} {team.service}"
    assert "no rule lets you create" in team.told(
        f"create --name {team.service} {team.image('v1')}"
    )
    assert "Nothing is frozen" in team.asks("freezes").text
    team.makes("--replicas", "2")
    assert "no rule lets you update" in team.told(line, "bob")
    team.does(line, who="sam")

    begins = (now - timedelta(minutes=5)).replace(second=0, microsecond=0)
    until = f"{begins + timedelta(hours=3):%Y-%m-%d %H:%M}"
    frozen.freeze(begins)
    shown = frozen.calendar_says("on now")
    assert f"{until} UTC" in shown
    assert "Europe/Berlin" in shown
    assert "“the audit”" in shown
    frozen.is_known(frozen=True)
    for change in (f"update --image {team.image('v3')} {team.service}", f"scale {team.service}=5"):
        told = team.asks(change, "sam").text
        assert f"production is frozen until {until} UTC (the audit)" in told
    assert team.running() == [team.image("v2")] * 2
    team.does(f"rollback {team.service}", "rolled_back", "sam")
    assert team.running() == [team.image("v1")] * 2

    frozen.freeze(now + timedelta(days=2))
    assert ":calendar:" in frozen.calendar_says("none on now")
    frozen.is_known(frozen=False)
    team.does(f"scale {team.service}=3", who="sam")
    assert team.replicas() == 3
