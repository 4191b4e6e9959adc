"""A change that waits for other people's yes, on a stage that breaks.

`Case.ran_once` is what "exactly one" means: one request with one end, one rollout, one change at
the Engine, one entry in the audit log for each step, and the log unbroken.
"""

import os
import signal
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from playground.stage import Role, Stage
from playground.workspace import Seen
from tests.scenario.audited import entries, waggle
from tests.scenario.court import ENDED
from tests.scenario.recovery_stage import Bench, Story
from tests.scenario.team import PEOPLE, event_type, payload, states_of
from tests.waiting import eventually

RULES = """\
version: 1
roles:
  all: {everyone: true}
  ops: {users: [U0ANN, U0BOB, U0CAT]}
  sre: {groups: [S0SRE]}
grants:
  - {role: all, may: [read]}
  - {role: ops, may: [scale, update, rollback, remove, create, node, approve]}
  - {role: sre, may: [approve]}
environments:
  hasty:
    match: {service: "hasty*"}
    approvals: {required: 2, approvers: {users: [U0ANN, U0BOB, U0CAT]}, expires: 8s}
  machines:
    match: {any: [{node: n2}, {network: "machines-*"}]}
    approvals:
      required: 2
      approvers: {groups: [S0SRE], users: [U0ANN, U0BOB, U0CAT]}
      verbs: [node, create]
  told:
    match: {service: "told*"}
    approvals: {required: 2, approvers: {users: [U0ANN, U0BOB, U0CAT]}}
    notify: {channels: [C0OPS]}
  production:
    match: {service: "prod*"}
    approvals:
      {required: 2, approvers: {groups: [S0SRE], users: [U0ANN, U0BOB, U0CAT]}, expires: 30m}
"""
APPROVAL = "waggle_approval"

Told = Counter[str]
"""How often each thing is in the audit log: `rollout planned`, `approval voted`, `click done` …"""

_KINDS = {"r": "rollout", "c": "change", "p": "approval", "a": "click"}
ASKED = Told(["rollout accepted", "rollout awaiting", "approval requested"])


def yes(count: int) -> Told:
    """Return what is told of so many people's yes."""
    return Told({"click accepted": count, "click done": count, "approval voted": count})


APPROVED = ASKED + yes(2) + Told(["approval approved", "rollout accepted"])
RAN = APPROVED + Told(f"rollout {what}" for what in ("planned", "started", "posted", "completed"))


@dataclass
class Case:
    """One request for approval of one command."""

    bench: Bench
    story: Story

    def requests(self) -> list[Seen]:
        """Return the messages that stand for the request: one, or none yet."""
        return [m for m in self.story.messages() if event_type(m) == APPROVAL]

    def request(self) -> Seen:
        """Return the request's one message as it is now, once it is there."""
        eventually(self.requests, "the request")
        (one,) = self.requests()
        return one

    def clicks(self, who: str, button: str = "Approve") -> None:
        """Let somebody click; it must be acknowledged, which is: recorded."""
        ack = self.bench.team.client.click(who, self.request(), button)
        assert ack.status == "ok", ack

    def says_yes(self, *people: str) -> None:
        """Let them say yes, one after the other: the message shows each before the next one."""
        for who in people:
            votes = payload(self.request())["votes"]
            self.clicks(who)
            eventually(lambda votes=votes: payload(self.request())["votes"] > votes, "the vote")  # type: ignore[misc]  # mypy knows no defaults of lambdas

    def comes_to(self, state: str, seconds: float = 30) -> Seen:
        """Wait until the request has ended so; all of it stands in its one message."""
        eventually(
            lambda: self.request().state in {state, *ENDED - {"approved"}},
            f"a request that is {state}",
            seconds,
        )
        shown = self.request()
        assert shown.state == state, shown.text
        assert "Approve" not in shown.buttons
        assert [at for at in states_of(shown) if at != "approved"] == [
            at for at in ("pending", state) if at != "approved"
        ]
        return shown

    def ran_once(self, *people: str) -> float:
        """Check that the approved change was made once; return the seconds since it was typed."""
        took = self.story.told_once()
        self.comes_to("approved")
        assert payload(self.request())["votes"] == len(people)
        self.is_logged(RAN, people)
        return took

    def did_not_run(self) -> None:
        """Check that nothing came of it but the request."""
        assert self.story.parents() == []
        assert self.bench.stage.tap.done(self.story.service_id) == self.story.done_before

    def is_told(self, what: str) -> bool:
        """Tell whether the log has it of the service, whatever Slack shows."""
        return self._told()[what] > 0

    def _told(self) -> Told:
        mine = [e.draft for e in entries(self.bench.stage) if e.draft.target == self.story.service]
        return Told(f"{_KINDS[each.subject[0]]} {each.what}" for each in mine)

    def is_logged(self, wanted: Told, people: Sequence[str]) -> None:
        """Check that the log tells exactly this of the service, these people's votes, unbroken."""
        stage, service = self.bench.stage, self.story.service
        mine = [e.draft for e in entries(stage) if e.draft.target == service]
        told = self._told()
        assert told == wanted, (told - wanted, wanted - told)
        voted = [each.who.user for each in mine if each.what == "voted"]
        assert voted == [PEOPLE[who] for who in people]
        is_whole(stage)


def asks(bench: Bench) -> Case:
    """Type an update that others must say yes to."""
    return Case(bench, bench.updates(at_once=True))


def is_whole(stage: Stage) -> None:
    """Check that `waggle audit verify` finds the log unbroken, and its copy the same."""
    done = waggle(stage, "verify")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith("ok: Redis: "), done.stdout


@contextmanager
def asleep(stage: Stage) -> Iterator[None]:
    """Keep the RQ workers from taking jobs: what is accepted meanwhile waits in the queue."""
    pids = [actor.pid for actor in stage.actors(Role.RQ_WORKER)]
    assert pids, "no RQ workers"
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            with suppress(ProcessLookupError):  # it died with its supervisor
                os.kill(pid, signal.SIGCONT)
