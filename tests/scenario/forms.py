"""Modals, as a person sees them, and services that the inventory knows already."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from playground.stage import Stage
from playground.workspace import Seen
from tests.scenario.conftest import gathered
from tests.scenario.team import PEOPLE, Team, event_type
from tests.waiting import eventually

Json = dict[str, Any]


def fields(view: Json) -> Json:
    """Return what stands in a form, by field."""
    inputs = [b for b in view["body"]["blocks"] if b["type"] == "input"]
    return {b["block_id"]: _standing(b["element"]) for b in inputs}


def _standing(element: Json) -> Any:
    option = element.get("initial_option") or {}
    return element.get("initial_value") or option.get("value")


def words(view: Json) -> str:
    """Return all that a modal says."""
    return str(view["body"]["blocks"])


def rollout_of(team: Team) -> Seen:
    """Wait for the one rollout's message."""
    return team.client.wait_for(lambda m: event_type(m) == "waggle_rollout", channel=team.channel)


def private(team: Team) -> list[str]:
    """Return the private answers in the channel."""
    return [m.text for m in team.client.messages(team.channel) if m.ephemeral_to]


@dataclass
class Forms:
    """The modals of one person."""

    team: Team
    who: str = "ann"

    @property
    def top(self) -> Json | None:
        """The topmost modal, None if none is open."""
        return self.team.client.modal(PEOPLE[self.who])

    @property
    def shown(self) -> Json:
        """The topmost modal."""
        view = self.top
        assert view is not None, f"no modal is open: {private(self.team)}"
        return view

    def types(self, line: str) -> Json:
        """Type a line that opens a form; the inventory has to know already what it names."""
        ack = self.team.client.type(self.who, self.team.channel, f"/swarm {line}")
        assert (ack.status, ack.shown) == ("ok", None)
        return self.shown

    def submits(self, **values: Any) -> Json:
        """Submit the topmost modal; return errors by field, empty when there are none."""
        named = {key.replace("_", "-"): value for key, value in values.items()}
        raw = self.team.client.control("submit_view", user=self.who, values=named)
        assert raw["status"] in {"ok", "invalid"}, raw
        errors: Json = raw["errors"]
        return errors

    def closes(self) -> None:
        """Close the topmost modal."""
        self.team.client.control("close_view", user=self.who)

    def closes_all(self) -> None:
        """Close every modal."""
        while self.top is not None:
            self.closes()

    def offers(self, field: str, query: str) -> list[str]:
        """Type into a menu; return the values that it offers."""
        return [value for _, value in self.team.client.suggest(self.who, field, query)]

    def reviewed(self) -> str:
        """Wait until the modal shows what would change; return its words."""
        eventually(lambda: "Dry run" in words(self.shown), words(self.shown))
        return words(self.shown)


def told(stage: Stage, line: str = "create") -> None:
    """Wait until the worker has told what there is: a line that names it opens its form.

    People wait in a channel of their own, so that no test's one has their answers.
    """
    team = gathered(stage, "told")
    mine = Forms(team)

    def opened() -> bool:
        ack = team.client.type(mine.who, team.channel, f"/swarm {line}")
        assert ack.status == "ok", ack
        return ack.shown is None

    eventually(opened, f"`{line}` opens a form")
    mine.closes_all()


@contextmanager
def stocked(stage: Stage, many: int) -> Iterator[list[str]]:
    """Have so many services of one task, which the worker has told of; each is for one test."""
    team = gathered(stage, "stock")
    names = [f"{team.service}-{number:02}" for number in range(many)]
    try:
        for name in names:
            options = ("--constraint", "node.labels.none!=x", "--env", "TOKEN=c4n4ry")
            team.makes("--replicas", "1", *options, name=name)
        told(stage, f"update {names[-1]}")
        yield names
    finally:
        team.remove_all()
