"""A bed with a policy: production asks for the yes of two of cat, dan and the group of SREs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

from bot.domain.approval import Approval, approval_id
from bot.domain.change import ActionKind
from bot.domain.message import Content, Message
from bot.domain.policy import (
    AnyOf,
    ApprovalRule,
    Criterion,
    Environment,
    Grant,
    Match,
    Members,
    On,
    Policy,
    VerbGroup,
)
from bot.domain.request import Principal
from bot.usecases.speak import parent_id
from tests.unit.usecases.bed import Bed

CAT = Principal(team="T1", user="U3CAT")
DAN = Principal(team="T1", user="U4DAN")
EVE = Principal(team="T1", user="U5EVE")
SAM = Principal(team="T1", user="U6SAM")
SRE = "S0SRE"
ALL = frozenset(VerbGroup)
RULE = ApprovalRule(
    required=2,
    approvers=Members(users=frozenset({CAT.user, DAN.user, "U1ANN"}), groups=frozenset({SRE})),
    expires=timedelta(minutes=30),
    remind=timedelta(minutes=10),
    verbs=frozenset(
        {
            VerbGroup.UPDATE,
            VerbGroup.SCALE,
            VerbGroup.CREATE,
            VerbGroup.REMOVE,
            VerbGroup.NODE,
        }
    ),
)
PRODUCTION = AnyOf(
    (
        Criterion(On.SERVICE, "web*"),
        Criterion(On.CONSTRAINT, "node.labels.env==prod"),
        Criterion(On.NETWORK, "prod*"),
        Criterion(On.NODE, "n2"),
    )
)


def a_policy(
    rule: ApprovalRule = RULE,
    *,
    version: str = "one",
    match: Match = PRODUCTION,
    team: Iterable[str] = (),
) -> Policy:
    """Everybody may read; ann, bob, cat, dan and sam do everything but break the glass: cat may."""
    may = ALL - {VerbGroup.BREAK_GLASS}
    people = frozenset({"U1ANN", "U2BOB", CAT.user, DAN.user, SAM.user, *team})
    return Policy(
        hash=version,
        roles={
            "all": Members(everyone=True),
            "team": Members(users=people),
            "boss": Members(users=frozenset({CAT.user})),
        },
        grants=(
            Grant(name="grants[0] (all)", role="all", may=frozenset({VerbGroup.READ})),
            Grant(name="grants[1] (team)", role="team", may=may),
            Grant(name="grants[2] (boss)", role="boss", may=frozenset({VerbGroup.BREAK_GLASS})),
        ),
        environments=(
            Environment(name="production", match=match, approvals=rule),
            Environment(name="default"),
        ),
    )


class Approving(Bed):
    """The bed, with words for requests."""

    def asked(
        self, line: str = "update --image reg/httpd:v2 web", by: Principal | None = None
    ) -> str:
        """Type a line for which people are asked; return the request's id."""
        made = self.type(line, by) if by else self.type(line)
        self.work()
        assert self.approval(approval_id(made)).state.value == "pending", self.private(made)
        return approval_id(made)

    def approval(self, name: str) -> Approval:
        stored = self.store.get(Approval, name)
        assert stored is not None, name
        return stored.value

    def votes(self, name: str, *people: Principal) -> None:
        """Let people approve, one after the other."""
        for who in people:
            self.click(ActionKind.APPROVE, name, who)
            self.work()

    def says(self, line: str, by: Principal) -> str:
        """Type a line about a request; return the private answer."""
        made = self.type(line, by)
        self.work()
        return self.private(made)

    def clicks(self, kind: ActionKind, name: str, by: Principal) -> str:
        """Click; return the private answer, empty if there is none."""
        made = self.click(kind, name, by)
        self.work()
        return self.private(made)

    def request_of(self, name: str) -> Content:
        """Return the request as the channel shows it."""
        (shown,) = self.slack.shown(parent_id(name))
        return shown.content

    def notes_of(self, name: str) -> list[str]:
        (top,) = self.slack.shown(parent_id(name))
        return [m.content.text for m in self.slack.messages if m.thread_ts == top.ts]

    def row(self, name: str) -> Message | None:
        stored = self.store.get(Message, name)
        return stored.value if stored else None


def asking(rule: ApprovalRule = RULE, lines: Iterable[str] = ()) -> Approving:
    """Return a bed in which `web` runs v1 in production, made before there was a policy."""
    bed = Approving()
    bed.done("create --name web --replicas 3 reg/httpd:v1")
    for line in lines:
        bed.done(line)
    bed.policies.policy = a_policy(rule)
    return bed


def changed(bed: Approving, **rule: object) -> None:
    """Let somebody edit the policy file."""
    bed.policies.policy = a_policy(replace(RULE, **rule), version="two")  # type: ignore[arg-type]  # any field


def rollout_of(name: str) -> str:
    return name.replace("p-", "r-")
