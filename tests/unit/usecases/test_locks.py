"""Locks from lock to unlock: who is stopped, who is told, what the channel sees."""

from datetime import timedelta

import pytest

from bot.domain.change import Action, ActionKind
from bot.domain.policy import Environment, Grant, Members, Policy, VerbGroup
from bot.domain.policy.model import Criterion, On
from bot.domain.request import Principal
from bot.ports import StoreUnavailableError
from tests.unit.usecases.bed import ANN, BOB, Bed, made
from tests.unit.usecases.locked_bed import CAT, STACK, direct, does, locks, public, wait_for


def test_a_locked_service_is_changed_by_its_owner_only() -> None:
    bed = made()
    assert "is locked until you unlock it" in does(bed, "lock --reason 'db migration' web")
    writes = bed.writes()
    refused = bed.type("update --image reg/httpd:v2 web", BOB)
    bed.work()
    told = bed.private(refused)
    assert f"web is locked by <@{ANN.user}>" in told
    assert "db migration" in told
    assert "`locks --notify web`" in told
    assert bed.rollout(refused).state.value == "refused"
    assert bed.writes() == writes
    assert f"<@{ANN.user}>" in does(bed, "rm web", BOB)
    mine = bed.done("update --image reg/httpd:v2 web")
    assert mine.plan is not None
    assert mine.plan.warnings == ("web is locked since 0s: db migration",)


def test_a_rollback_passes_and_says_what_it_passes() -> None:
    bed = made()
    bed.done("update --image reg/httpd:v2 web")
    does(bed, "lock --reason 'db migration' web")
    back = bed.done("rollback web", "rolled_back", BOB)
    assert bed.image() == "reg/httpd:v1"
    assert back.plan is not None
    assert "db migration" in back.plan.warnings[0]


def test_a_lock_that_comes_between_plan_and_change_stops_it() -> None:
    bed = made()
    done: list[str] = []

    def fault(point: str) -> None:
        if point == "apply.observed" or done:
            return
        if point == "plan.after_commit":
            done.append(point)
            does(bed, "lock --reason incident web", BOB)

    bed.fault = fault
    writes = bed.writes()
    failed = bed.done("update --image reg/httpd:v2 web", "failed")
    assert "not allowed any more: web is locked by" in failed.reason
    assert bed.writes() == writes


def test_the_channel_has_one_message_and_its_end() -> None:
    bed = made()
    does(bed, "lock --reason 'db migration' --for 2h web")
    (shown,) = public(bed)
    assert ":lock: *web*" in shown
    assert "until 2026-" in shown
    assert "web is unlocked" in does(bed, "unlock --reason done web")
    first, last = public(bed)
    assert "was locked by" in first
    assert "is unlocked by" in last
    assert "“done”" in last
    end = next(m for m in bed.slack.messages if m.content.text == last)
    assert end.broadcast
    assert locks(bed) == []
    bed.done("update --image reg/httpd:v2 web", by=BOB)


@pytest.mark.parametrize("by", [ANN, BOB])
def test_what_is_locked_is_not_locked_again(by: Principal) -> None:
    bed = made()
    does(bed, "lock --reason first web")
    told = does(bed, "lock --reason second web", by)
    assert ("You have locked web already" if by is ANN else f"<@{ANN.user}>") in told
    assert [lock.reason for lock in locks(bed)] == ["first"]


def test_of_two_who_lock_at_once_one_gets_it() -> None:
    bed = made()
    raced: list[str] = []

    def fault(point: str) -> None:
        if point == "lock.before_commit" and not raced:
            raced.append(point)
            bed.wired().act.run(second)

    first = bed.type("lock --reason first web")
    second = bed.type("lock --reason second web", BOB)
    bed.fault = fault
    bed.work()
    assert [lock.reason for lock in locks(bed)] == ["second"]
    assert f"<@{BOB.user}>" in bed.private(first)


def test_only_the_owner_unlocks_without_ado() -> None:
    bed = made()
    does(bed, "lock --reason why web")
    told = does(bed, "unlock web", BOB)
    assert f"<@{ANN.user}>" in told
    assert "--steal" in told
    assert len(locks(bed)) == 1


def test_taking_a_lock_away_tells_its_owner() -> None:
    bed = made()
    does(bed, "lock --reason why web")
    does(bed, "unlock --steal --reason 'ann is on holiday' web", BOB)
    assert locks(bed) == []
    (told,) = direct(bed, ANN)
    assert f"<@{BOB.user}> took away your lock" in told
    assert "ann is on holiday" in told
    assert any("took the lock of" in text for text in public(bed))


def test_taking_a_lock_over_keeps_those_who_wait() -> None:
    bed = made()
    does(bed, "lock --reason first web")
    wait_for(bed, BOB)
    wait_for(bed, CAT)
    does(bed, "lock --steal --reason second web", BOB)
    (lock,) = locks(bed)
    assert (lock.owner, lock.reason) == (BOB, "second")
    assert [each.user for each in lock.waiters] == [CAT.user]
    assert len(direct(bed, ANN)) == 1
    assert direct(bed, CAT) == [], "it is not free"
    does(bed, "unlock web", BOB)
    assert len(direct(bed, CAT)) == 1


def test_who_waits_is_told_once() -> None:
    bed = made()
    does(bed, "lock --reason why web")
    wait_for(bed, BOB)
    does(bed, "unlock web")
    (told,) = direct(bed, BOB)
    assert "*web* (cluster default) is free" in told
    bed.settle(5)
    assert len(direct(bed, BOB)) == 1


def test_those_who_wait_are_told_in_the_order_in_which_they_asked() -> None:
    bed = made()
    does(bed, "lock --reason why web")
    asked = [Principal(team="T1", user=f"U9W{n:02d}") for n in (7, 2, 11, 5, 1, 9, 3, 8, 12, 4, 6)]
    for who in asked:
        wait_for(bed, who)
    does(bed, "unlock web")
    bed.settle(1)
    told = [m.channel for m in bed.slack.messages if m.channel.startswith("DU9W")]
    assert told == [f"D{who.user}" for who in asked]


def test_what_is_not_locked_cannot_be_unlocked() -> None:
    bed = made()
    assert "web is not locked" in does(bed, "unlock web")
    assert "Did you mean `web`?" in does(bed, "unlock wep")
    assert "Did you mean `web`?" in does(bed, "lock --reason why wep")


def test_the_lock_of_a_service_that_is_gone_can_be_ended() -> None:
    bed = made()
    does(bed, "lock --reason why web")
    change = bed.type("rm web")
    bed.work()
    bed.click(ActionKind.CONFIRM, change)
    bed.work()
    assert bed.swarm.services() == []
    assert "web is unlocked" in does(bed, "unlock web")


def test_a_command_that_waited_too_long_locks_nothing() -> None:
    bed = made()
    record = bed.type("lock --reason why web")
    bed.clock.advance(3600)
    bed.work()
    action = bed.store.get(Action, record)
    assert action is not None
    assert action.value.state.value == "refused"
    assert locks(bed) == []


def test_redis_away_changes_nothing() -> None:
    bed = made()
    writes = bed.writes()
    bed.type("update --image reg/httpd:v2 web", BOB)
    job = bed.queue.take()
    bed.store.down = True
    with pytest.raises(StoreUnavailableError):
        bed.use.runner(job.name).run(job.subject)
    assert bed.writes() == writes


# -- wider


def test_a_stack_is_locked_by_its_label() -> None:
    bed = made(3, f"--label {STACK}=shop")
    bed.done("create --name lone reg/httpd:v1")
    assert "There are: `shop`" in does(bed, "lock --reason why --stack elsewhere")
    does(bed, "lock --reason why --stack shop")
    assert "stack shop is locked by" in does(bed, "scale web=5", BOB)
    joins = does(bed, f"update --label-add {STACK}=shop lone", BOB)
    assert "stack shop is locked by" in joins, "judged on what it will be, too"
    bed.done("scale lone=2", by=BOB)
    does(bed, "unlock --stack shop")
    bed.done("scale web=5", by=BOB)


def test_a_stack_that_is_gone_can_be_unlocked() -> None:
    bed = made(1, f"--label {STACK}=shop")
    does(bed, "lock --reason why --stack shop")
    bed.swarm.remove_service(bed.swarm.service("web").id)
    assert "stack shop is unlocked" in does(bed, "unlock --stack shop")


PROD = Environment(name="production", match=Criterion(On.LABEL, "env=prod"))


def _rules(*may: VerbGroup, environments: frozenset[str] | None = None) -> Policy:
    everything = frozenset(VerbGroup)
    return Policy(
        hash="p1",
        roles={"all": Members(everyone=True), "bob": Members(users=frozenset({BOB.user}))},
        grants=(
            Grant(name="grants[0]", role="all", may=everything - {VerbGroup.LOCK}),
            Grant(name="grants[1]", role="bob", may=frozenset(may), environments=environments),
        ),
        environments=(PROD,),
    )


def under(bed: Bed, policy: Policy) -> Bed:
    bed.policies.policy = policy
    return bed


def test_an_environment_is_locked_for_what_moves_into_it() -> None:
    bed = under(made(), _rules(VerbGroup.LOCK))
    assert "`production`" in does(bed, "lock --reason why --environment prduction", BOB)
    assert "is locked" in does(bed, "lock --reason why --environment production", BOB)
    bed.done("scale web=2")
    told = does(bed, "update --label-add env=prod web")
    assert "environment production is locked by" in told
    assert "unlocked" in does(bed, "unlock --environment production", BOB)
    bed.done("update --label-add env=prod web")


def test_everything_is_locked_by_who_may_everywhere() -> None:
    bed = under(made(), _rules(VerbGroup.LOCK, environments=frozenset({"production"})))
    assert "Not allowed" in does(bed, "lock --reason why --all", BOB)
    assert "Not allowed" in does(bed, "lock --reason why web", BOB), "web is not in production"
    under(bed, _rules(VerbGroup.LOCK))
    assert "is locked" in does(bed, "lock --reason why --all", BOB)
    assert "cluster default is locked by" in does(bed, "node update --availability drain n2")
    assert "cluster default is unlocked" in does(bed, "unlock --all", BOB)


def test_who_may_not_lock_is_told_nothing() -> None:
    bed = under(made(), _rules())
    for line in ("lock --reason why wep", "unlock wep", "lock --reason why --stack x"):
        assert "Not allowed" in does(bed, line)
    assert locks(bed) == []


# -- a revision that was left


def _rolled_back() -> Bed:
    bed = made()
    bed.swarm.add_image("reg/httpd:crash", ends_in=timedelta(seconds=1), exit_code=1)
    bed.done("update --update-failure-action rollback --image reg/httpd:crash web", "rolled_back")
    return bed


def test_a_rollback_keeps_the_bad_revision_from_coming_back() -> None:
    bed = _rolled_back()
    (lock,) = locks(bed)
    assert lock.bad is not None
    assert (lock.automatic, lock.bad.number, lock.scope.name) == (True, 2, "web")
    writes = bed.writes()
    for line in ("update --image reg/httpd:crash web", "update --image reg/httpd:crash -d web"):
        told = does(bed, line, BOB)
        assert "web is not updated to revision 2" in told
        assert "`unlock --reason WHY web`" in told
        assert "is not updated" in does(bed, line, ANN), "it is nobody's own"
    assert bed.writes() == writes


def test_the_end_of_the_rollout_says_so() -> None:
    bed = _rolled_back()
    bed.settle(2)
    told = [m.content.text for m in bed.slack.messages if m.broadcast][-1]
    assert "Updates to revision 2 are locked until somebody unlocks with a reason" in told


@pytest.mark.parametrize("image", ["reg/httpd:crash", "docker.io/reg/httpd:crash"])
def test_a_bad_image_comes_back_under_no_other_name(image: str) -> None:
    bed = _rolled_back()
    told = does(bed, f"update --no-resolve-image --image {image} web", BOB)
    assert "Not allowed" in told
    assert bed.image() == "reg/httpd:v1"


def test_another_image_passes_and_so_does_going_there_by_number() -> None:
    bed = _rolled_back()
    bed.done("update --image reg/httpd:v2 web")
    bed.done("scale web=4")
    back = bed.type("rollback --to 2 web")
    bed.until(back, "paused")
    assert bed.image() == "reg/httpd:crash"
    resumed = bed.click(ActionKind.RESUME, back)
    bed.work()
    action = bed.store.get(Action, resumed)
    assert action is not None
    assert action.value.state.value == "done", "its way on is no update either"


def test_unlocking_a_revision_needs_a_reason() -> None:
    bed = _rolled_back()
    assert "Say why" in does(bed, "unlock web", BOB)
    told = does(bed, "unlock --reason 'the database is there now' web", BOB)
    assert "web can be updated to revision 2 again" in told
    assert any("revision 2 again" in text for text in public(bed))
    assert direct(bed, ANN) == [], "it was nobody's to be taken"
    bed.swarm.add_image("reg/httpd:crash", digest=None)
    bed.done("update --image reg/httpd:crash web", by=BOB)


def test_with_both_kinds_each_ends_by_its_own_rule() -> None:
    bed = _rolled_back()
    does(bed, "lock --reason why web")
    told = does(bed, "unlock web")
    assert "web is unlocked" in told
    assert "Still: web is not updated to revision 2" in told
    does(bed, "lock --reason why web")
    told = does(bed, "unlock --reason ok web", BOB)
    assert "revision 2 again" in told
    assert f"Still: web is locked by <@{ANN.user}>" in told


def test_a_rollback_asked_for_locks_what_it_leaves_though_it_was_healthy() -> None:
    bed = made()
    bed.done("update --image reg/httpd:v2 web")
    bed.done("rollback web", "rolled_back")
    assert "is not updated to revision 2" in does(bed, "update --image reg/httpd:v2 web")


def test_an_image_that_runs_on_is_not_what_was_bad() -> None:
    bed = made()
    bed.done("update --env-add A=b web")
    bed.done("rollback web", "rolled_back")
    assert "is not updated to revision 2" in does(bed, "update --env-add A=b web")
    bed.done("update --image reg/httpd:v2 web")
    bed.done("update --image reg/httpd:v1 web")


def test_there_and_back_locks_what_an_earlier_revision_was_gone_back_from() -> None:
    bed = made()
    bed.done("update --image reg/httpd:v2 web")
    bed.done("rollback web", "rolled_back")
    bed.done("rollback --to 2 web", "rolled_back")
    bed.done("rollback --to 1 web", "rolled_back")
    assert [lock.bad.number for lock in locks(bed) if lock.bad] == [2]
