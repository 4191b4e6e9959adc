"""A bed in which other channels hear of what happens, and what they see."""

from dataclasses import replace
from itertools import pairwise
from typing import Any

from bot.domain.notice import root_id
from bot.domain.policy import (
    Criterion,
    Environment,
    Grant,
    Members,
    NotifyOn,
    NotifyRule,
    On,
    Policy,
    VerbGroup,
)
from bot.domain.policy.events import LEVELS
from bot.domain.rollout.record import Rollout, RolloutState
from bot.ports import (
    Transaction,
)
from bot.usecases.herald import Herald
from tests.fakes.slack_writer import Shown
from tests.unit.usecases.bed import Bed

ON = NotifyOn
ALL = LEVELS["all"]
UPDATE = "update --image reg/httpd:v2 web"


def telling(*channels: str, on: frozenset[NotifyOn] = ALL) -> Policy:
    """Let everyone do everything, and let these channels hear of the service web."""
    grant = Grant(name="grants[0]", role="all", may=frozenset(VerbGroup))
    return Policy(
        hash="h",
        roles={"all": Members(everyone=True)},
        grants=(grant,),
        environments=(
            Environment(
                name="production",
                match=Criterion(On.SERVICE, "web*"),
                notify=NotifyRule(channels=channels, on=on),
            ),
        ),
    )


def a_bed(*channels: str, on: frozenset[NotifyOn] = ALL) -> Bed:
    """Return a bed in which `web` runs v1, and in which these channels hear of what comes."""
    bed = Bed()
    bed.done("create --name web --replicas 2 reg/httpd:v1")
    bed.policies.policy = telling(*channels, on=on)
    return bed


def root(bed: Bed, rollout: str, channel: str = "C2") -> Shown:
    (shown,) = bed.slack.shown(root_id(rollout, channel))
    return shown


def replies(bed: Bed, rollout: str, channel: str = "C2") -> list[Shown]:
    top = root(bed, rollout, channel)
    return [m for m in bed.slack.messages if m.thread_ts == top.ts and m.channel == channel]


def payload(shown: Shown) -> dict[str, Any]:
    return dict((shown.content.metadata or {})["event_payload"])


def events(bed: Bed, rollout: str, channel: str = "C2") -> list[str]:
    return [payload(each)["event"] for each in replies(bed, rollout, channel)]


def turn(bed: Bed, rollout: Rollout, *states: str) -> None:
    """Let the herald see these states one after the other."""
    herald = Herald(store=bed.store, voice=bed.voice, gate=bed.gate)
    turns = [replace(rollout, state=RolloutState(state)) for state in states]
    for before, after in pairwise(turns):
        puts = herald.rollout(before, after, bed.clock.now())
        bed.store.commit(Transaction(cluster="default", puts=puts))
        bed.clock.advance(1)
