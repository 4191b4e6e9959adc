"""Taking away somebody else's lock: for the role `admin`, in the bot and by the worker."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from bot.domain.audit import AuditDraft
from bot.domain.change import Action, DoneState
from bot.domain.policy import OPEN, Grant, Members, Policy, VerbGroup
from bot.domain.request import Place, Principal, Source
from bot.usecases.propose import Ack, AckKind, Propose, Typed
from tests.fakes.leases import all_well
from tests.unit.usecases.bed import ANN, BOB, Bed, made
from tests.unit.usecases.locked_bed import CAT, STACK, direct, does, locks, public, wait_for
from tests.unit.usecases.test_audit_trail import entries

BOSS = "S0BOSS"
ADMIN = Members(users=frozenset({CAT.user}), groups=frozenset({BOSS}))
EVERYTHING = frozenset(VerbGroup)
NO = "only who is in the role admin takes away somebody else's lock"
ASK = f"Ask <@{ANN.user}> for `unlock web`, or wait: `locks --notify web` tells you when it is free"
STEALS = ["unlock --steal --reason fire web", "lock --steal --reason fire web"]


def rules(admins: Members | None = ADMIN) -> Policy:
    """Everybody may do everything; cat and the group of bosses are admins."""
    roles = {"all": Members(everyone=True)}
    return Policy(
        hash="p1",
        roles=roles if admins is None else {**roles, "admin": admins},
        grants=(Grant(name="grants[0] (all)", role="all", may=EVERYTHING),),
    )


def ruled(policy: Policy | None = None) -> Bed:
    """Return a bed in which ann has locked web."""
    bed = made()
    bed.policies.policy = policy or rules()
    does(bed, "lock --reason 'db migration' web")
    return bed


def drafts(bed: Bed, what: str) -> list[AuditDraft]:
    return [each.draft for each in entries(bed) if each.draft.what == what]


# -- by the worker


@pytest.mark.parametrize("line", STEALS)
def test_an_admin_takes_a_lock_away_and_its_owner_is_told(line: str) -> None:
    bed = ruled()
    does(bed, line, CAT)
    assert [lock.owner for lock in locks(bed)] == ([CAT] if line.startswith("lock") else [])
    (told,) = direct(bed, ANN)
    assert f"<@{CAT.user}> took away your lock" in told
    assert "fire" in told
    assert any("took the lock of" in text for text in public(bed))
    (ended,) = drafts(bed, "unlocked")
    assert (ended.who, ended.source, ended.result) == (CAT, "slash", "fire")
    assert ended.decision is not None
    assert (ended.decision.outcome, ended.decision.rule) == ("allow", "roles.admin")


@pytest.mark.parametrize("line", STEALS)
def test_the_right_to_lock_is_not_enough(line: str) -> None:
    bed = ruled()
    record = bed.type(line, BOB)
    bed.work()
    told = bed.private(record)
    assert f"Not allowed: {NO}. Nothing was changed." in " ".join(told.split())
    assert ASK in told
    assert "`break_glass`" in told
    assert [lock.owner for lock in locks(bed)] == [ANN]
    assert direct(bed, ANN) == []
    refused = entries(bed, record)[-1].draft
    assert (refused.what, refused.who) == ("refused", BOB)
    assert refused.decision is not None
    said = (refused.decision.outcome, refused.decision.rule, refused.decision.reasons)
    assert said == ("deny", "roles.admin", (NO,))


@pytest.mark.parametrize("admins", [None, Members()])
def test_without_admins_nobody_does_and_is_told_so(admins: Members | None) -> None:
    bed = ruled(rules(admins))
    told = does(bed, STEALS[0], CAT)
    assert f"{NO}; nobody is in it" in told
    assert ASK in told
    assert len(locks(bed)) == 1


def test_to_be_an_admin_is_not_enough_without_the_right_there() -> None:
    bed = ruled()
    grant = Grant(
        name="grants[0] (all)", role="all", may=EVERYTHING, environments=frozenset({"test"})
    )
    bed.policies.policy = replace(rules(), grants=(grant,))
    assert "no rule lets you lock web in default" in does(bed, STEALS[0], CAT)
    assert len(locks(bed)) == 1


def test_admins_by_their_group_count_while_slack_can_be_asked() -> None:
    bed = ruled()
    bed.people.members = {BOSS: {BOB.user}}
    bed.people.away = True
    assert "Slack could not be asked for your user groups" in does(bed, STEALS[0], BOB)
    assert len(locks(bed)) == 1
    bed.people.away = False
    assert "web is unlocked" in does(bed, STEALS[0], BOB)


def test_with_the_open_policy_everyone_does() -> None:
    bed = ruled(OPEN)
    assert "web is unlocked" in does(bed, STEALS[0], BOB)
    (ended,) = drafts(bed, "unlocked")
    assert ended.decision is not None
    assert ended.decision.rule == "open"


@pytest.mark.parametrize("line", STEALS)
def test_who_stopped_being_an_admin_meanwhile_takes_nothing_away(line: str) -> None:
    bed = ruled()
    raced: list[str] = []

    def fault(point: str) -> None:
        if point == "lock.before_commit" and not raced:
            raced.append(point)
            bed.policies.policy = rules(None)
            wait_for(bed, BOB)  # the lock moves, so the worker looks again

    bed.fault = fault
    assert "nobody is in it" in does(bed, line, CAT)
    assert [lock.owner for lock in locks(bed)] == [ANN]


def test_who_may_not_is_not_sent_to_try() -> None:
    bed = ruled()
    for line in ("unlock web", "lock --reason mine web"):
        assert ASK in does(bed, line, BOB)
        assert "--steal" in does(bed, line, CAT)
    assert len(locks(bed)) == 1


def test_ones_own_lock_and_one_that_is_over_are_no_theft() -> None:
    bed = ruled()
    assert "web is unlocked" in does(bed, "unlock --steal --reason mine web")
    does(bed, "lock --reason short --for 10m web")
    bed.clock.advance(600)
    assert "is locked" in does(bed, "lock --steal --reason next web", BOB)
    assert [lock.owner for lock in locks(bed)] == [BOB]
    assert all(draft.decision is None for draft in drafts(bed, "unlocked"))


def test_what_a_rollback_locked_is_unlocked_by_whoever_may_lock() -> None:
    bed = made()
    bed.done("update --image reg/httpd:v2 web")
    bed.done("rollback web", "rolled_back")
    bed.policies.policy = rules()
    assert "Say why" in does(bed, "unlock web", BOB)
    assert "revision 2 again" in does(bed, "unlock --steal --reason 'it is mended' web", BOB)


def test_beside_a_lock_of_a_rollback_somebodys_own_stays_theirs() -> None:
    bed = made()
    bed.done("update --image reg/httpd:v2 web")
    bed.done("rollback web", "rolled_back")
    bed.policies.policy = rules()
    does(bed, "lock --reason mine web")
    assert NO in does(bed, STEALS[0], BOB)
    assert len(locks(bed)) == 2, "all or nothing"
    told = does(bed, "unlock --reason 'it is mended' web", BOB)
    assert "revision 2 again" in told
    assert f"Still: web is locked by <@{ANN.user}>" in told


def test_a_refused_lock_names_its_rule() -> None:
    bed = ruled()
    bed.policies.policy = replace(rules(), grants=())
    for line in ("lock --reason why web", "unlock web", "lock --all --reason why"):
        record = bed.type(line, BOB)
        bed.work()
        refused = entries(bed, record)[-1].draft
        assert (refused.what, refused.who, refused.line) == ("refused", BOB, line)
        assert refused.decision is not None
        assert (refused.decision.outcome, refused.decision.rule) == ("deny", "no grant")
        assert refused.result.startswith("Not allowed: no rule lets you lock")


# -- in the bot


@dataclass
class Desk:
    """The bot, over the store of a bed."""

    bed: Bed

    def types(self, line: str, by: Principal = BOB) -> Ack:
        propose = Propose(
            store=self.bed.store,
            queue=self.bed.queue,
            clock=self.bed.clock,
            ids=self.bed.ids,
            gate=self.bed.gate,
            clusters=all_well("default"),
            suggest=lambda _word, _among: None,
        )
        delivery = f"{by.user} {line} {len(self.bed.store.commits)}"
        place = Place(channel="C1")
        return propose.run(
            Typed(text=line, by=by, place=place, source=Source.SLASH, delivery=delivery)
        )


@pytest.mark.parametrize("line", STEALS)
def test_it_is_refused_in_the_ack(line: str) -> None:
    bed = ruled()
    ack = Desk(bed).types(line)
    assert ack.kind is AckKind.REFUSED
    assert ack.text.startswith(f"Not allowed: {NO}. Nothing was changed. {ASK}")
    assert bed.store.open_ids("default", Action) == []
    (denied,) = drafts(bed, "denied")
    assert (denied.who, denied.target) == (BOB, "web")
    assert denied.decision is not None
    assert denied.decision.rule == "roles.admin"
    assert Desk(bed).types(line, CAT).kind is AckKind.ACCEPTED


@pytest.mark.parametrize(
    "scope", ["--stack shop", "--environment default", "--all"], ids=["stack", "env", "all"]
)
def test_whatever_is_locked_is_known_by_its_words(scope: str) -> None:
    bed = made(1, f"--label {STACK}=shop")
    bed.policies.policy = rules()
    line = f"unlock --steal --reason fire {scope}"
    assert Desk(bed).types(line).kind is AckKind.ACCEPTED, "nothing is locked, says the worker"
    bed.work()
    does(bed, f"lock --reason why {scope}")
    ack = Desk(bed).types(line)
    assert (ack.kind, NO in ack.text) == (AckKind.REFUSED, True)
    assert f"`unlock {scope}`" in ack.text
    assert Desk(bed).types(line, ANN).kind is AckKind.ACCEPTED


def test_what_the_bot_does_not_see_the_worker_does() -> None:
    bed = ruled()
    by_id = bed.swarm.service("web").id
    ack = Desk(bed).types(f"unlock --steal --reason fire {by_id}")
    assert ack.kind is AckKind.ACCEPTED
    bed.work()
    action = bed.store.get(Action, ack.ids[0])
    assert action is not None
    assert (action.value.state, NO in action.value.reason) == (DoneState.REFUSED, True)


def test_while_nobody_can_tell_what_is_locked_nothing_is_begun() -> None:
    bed = ruled()
    desk = Desk(bed)
    bed.store.down = True
    assert desk.types(STEALS[0], CAT).kind is AckKind.UNAVAILABLE
    bed.store.down = False
    assert len(locks(bed)) == 1
