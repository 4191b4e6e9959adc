"""A lock: when it holds, whom it stops, how it ends, when its owner is reminded."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from bot.domain.lock import BadRevision, Lock, Scope, ScopeKind, Waiter, holding, is_passed
from bot.domain.lock.record import ended, expired, is_nag_due, waited_for
from bot.domain.lock.words import age, ask_to_be_told, of_bad, ways_out, why_locked, why_passed
from bot.domain.policy import Extent, Resource, Side, VerbGroup
from tests.builders import ANN, BOB, NOW, later

WEB = Scope(kind=ScopeKind.SERVICE, name="web")
SHOP = Scope(kind=ScopeKind.STACK, name="shop")
PROD = Scope(kind=ScopeKind.ENVIRONMENT, name="production")
ALL = Scope(kind=ScopeKind.CLUSTER, name="default")
OLD, NEW = f"web:1@sha256:{'1' * 64}", f"web:2@sha256:{'2' * 64}"
IN_SHOP = Side(labels={"com.docker.stack.namespace": "shop"})


def a_lock(scope: Scope = WEB, **fields: Any) -> Lock:
    values: dict[str, Any] = {
        "id": "l-a-1",
        "cluster": "default",
        "owner": ANN,
        "reason": "db migration",
        "since": NOW,
        "channel": "C1",
    }
    return Lock(scope=scope, **{**values, **fields})


def a_bad_lock(**fields: Any) -> Lock:
    bad = BadRevision(number=5, **fields)
    return a_lock(automatic=True, bad=bad, reason=of_bad(bad, "r-1"))


def a_thing(service: str = "web", *sides: Side, **extent: Any) -> Resource:
    counted = Extent(**extent) if extent else None
    return Resource(cluster="default", service=service, sides=sides, extent=counted)


def held(
    lock: Lock,
    what: Resource,
    verb: VerbGroup = VerbGroup.UPDATE,
    environments: tuple[str, ...] = (),
    at: datetime = NOW,
) -> bool:
    return holding([lock], what, environments, verb, at) == (lock,)


# -- what it reaches


@pytest.mark.parametrize(
    ("scope", "what", "is_held"),
    [
        (WEB, a_thing("web"), True),
        (WEB, a_thing("webshop"), False),
        (WEB, Resource(cluster="default", node="web"), False),
        (SHOP, a_thing("web", Side(), IN_SHOP), True),
        (SHOP, a_thing("web", Side()), False),
        (SHOP, a_thing("shop"), False),
        (PROD, a_thing("web"), False),
        (ALL, a_thing("web"), True),
        (ALL, Resource(cluster="default", node="n1"), True),
        (ALL, Resource(cluster="eu", service="web"), False),
    ],
)
def test_what_a_scope_reaches(scope: Scope, what: Resource, is_held: bool) -> None:  # noqa: FBT001  a case's figure
    assert held(a_lock(scope), what) is is_held


def test_an_environment_is_locked_for_all_that_is_or_will_be_in_it() -> None:
    assert held(a_lock(PROD), a_thing(), environments=("staging", "production"))
    assert not held(a_lock(PROD), a_thing(), environments=("staging",))


@pytest.mark.parametrize("verb", VerbGroup)
def test_reads_and_what_is_no_change_are_not_held(verb: VerbGroup) -> None:
    free = {VerbGroup.READ, VerbGroup.LOCK, VerbGroup.APPROVE, VerbGroup.BREAK_GLASS}
    assert held(a_lock(), a_thing(), verb) is (verb not in free)


def test_it_ends_to_the_moment() -> None:
    lock = a_lock(until=later(60))
    assert held(lock, a_thing(), at=later(60) - timedelta(microseconds=1))
    assert not held(lock, a_thing(), at=later(60))
    assert not held(ended(a_lock(), NOW, BOB.user), a_thing())
    assert (lock.is_over(later(59)), lock.is_over(later(60))) == (False, True)
    assert not ended(lock, NOW).is_over(later(60))


# -- whom it lets pass


def test_its_owner_and_a_rollback_pass_a_lock_by_hand() -> None:
    assert is_passed(a_lock(), ANN, VerbGroup.UPDATE)
    assert is_passed(a_lock(), replace(ANN, team="T2"), VerbGroup.UPDATE)
    assert is_passed(a_lock(), BOB, VerbGroup.ROLLBACK)
    assert not is_passed(a_lock(), BOB, VerbGroup.UPDATE)
    assert not is_passed(a_bad_lock(), ANN, VerbGroup.UPDATE)


# -- a revision that was left


@pytest.mark.parametrize("verb", [VerbGroup.UPDATE, VerbGroup.CREATE, VerbGroup.SCALE])
def test_the_same_spec_or_image_is_held(verb: VerbGroup) -> None:
    lock = a_bad_lock(spec_hash="bad", image=NEW)
    assert held(lock, a_thing(spec_hash="bad"), verb)
    assert held(lock, a_thing(spec_hash="other", brings=NEW), verb)
    assert held(lock, a_thing(spec_hash="other", brings=NEW.replace("web:2", "web:latest")), verb)
    assert held(lock, a_thing(spec_hash="other", brings="web:2"), verb), "no digest: by its tag"


@pytest.mark.parametrize(
    "extent",
    [
        {"spec_hash": "other"},
        {"spec_hash": "other", "brings": OLD},
        {"spec_hash": "other", "brings": "web:3"},
        {"brings": f"web:2@sha256:{'3' * 64}"},
    ],
)
def test_another_spec_and_image_pass(extent: dict[str, str]) -> None:
    assert not held(a_bad_lock(spec_hash="bad", image=NEW), a_thing(**extent))


def test_a_revision_whose_image_was_not_bad_is_known_by_its_spec_alone() -> None:
    assert not held(a_bad_lock(spec_hash="bad"), a_thing(spec_hash="other", brings=NEW))
    assert not held(a_bad_lock(), a_thing(brings=NEW))


def test_nothing_else_is_held_for_a_revision() -> None:
    lock = a_bad_lock(spec_hash="bad", image=NEW)
    assert not held(lock, a_thing()), "nobody has looked yet"
    for verb in (VerbGroup.ROLLBACK, VerbGroup.REMOVE):
        assert not held(lock, a_thing(spec_hash="bad", brings=NEW), verb)


# -- how it changes


def test_who_waits_does_not_wait_twice() -> None:
    once = waited_for(a_lock(), Waiter(user=BOB.user, channel="C1", asked_at=NOW))
    assert waited_for(once, Waiter(user=BOB.user, channel="C2", asked_at=later(1))) == once
    twice = waited_for(once, Waiter(user="U3CAT", channel="C1", asked_at=NOW))
    assert [each.user for each in twice.waiters] == [BOB.user, "U3CAT"]


def test_an_operator_reminds_more_often() -> None:
    every = timedelta(minutes=10)
    assert not is_nag_due(a_lock(), later(599), every)
    assert is_nag_due(a_lock(), later(600), every)
    assert not is_nag_due(a_lock(nagged_at=later(600)), later(1199), every)
    assert is_nag_due(a_lock(nagged_at=later(600)), later(1200), every)


def test_how_it_ended_is_kept() -> None:
    over = ended(a_lock(), later(5), BOB.user, "it is done")
    assert (over.ended_at, over.ended_by, over.end_reason) == (later(5), BOB.user, "it is done")
    late = expired(a_lock(until=later(60)))
    assert (late.ended_at, late.ended_by) == (later(60), None)


def test_its_owner_is_reminded_once_a_day_and_missed_days_are_not_made_up_for() -> None:
    hours = 3600.0
    assert not is_nag_due(a_lock(), later(24 * hours - 1))
    assert is_nag_due(a_lock(), later(24 * hours))
    nagged = a_lock(nagged_at=later(25 * hours))
    assert not is_nag_due(nagged, later(48 * hours - 1))
    assert is_nag_due(nagged, later(48 * hours))
    assert is_nag_due(nagged, later(24 * 7 * hours))


@pytest.mark.parametrize(
    "lock", [a_lock(until=later(10**6)), a_bad_lock(), ended(a_lock(), NOW, ANN.user)]
)
def test_who_cannot_have_forgotten_is_not_reminded(lock: Lock) -> None:
    assert not is_nag_due(lock, later(10 * 86400))


# -- words


def test_a_refusal_says_who_since_when_why_and_until_when() -> None:
    now = later(12 * 60 + 5)
    assert why_locked(a_lock(), now) == "web is locked by <@U1ANN> since 12m: db migration"
    lasting = why_locked(a_lock(SHOP, until=later(3600)), now)
    assert lasting.startswith("stack shop is locked by <@U1ANN>")
    assert lasting.endswith("db migration (until 2026-11-02 13:00:00 UTC)")
    bad = why_locked(a_bad_lock(), now)
    assert (
        "web is not updated to revision 5 (locked since 12m): r-1 went back from revision 5" in bad
    )
    assert "`unlock --reason WHY web`" in bad


def test_what_passes_names_nobody() -> None:
    assert why_passed(a_lock(), later(61)) == "web is locked since 1m: db migration"


def test_a_long_reason_is_cut() -> None:
    text = why_locked(a_lock(reason="so  long " * 100), NOW)
    assert text.endswith("…")
    assert len(text) < 260


def test_how_to_be_told() -> None:
    assert "`locks --notify web`" in ask_to_be_told(a_thing())
    assert "`locks`" in ask_to_be_told(Resource(cluster="default", node="n1"))


@pytest.mark.parametrize(
    ("scope", "words", "argument"),
    [
        (WEB, "web", "web"),
        (SHOP, "stack shop", "--stack shop"),
        (PROD, "environment production", "--environment production"),
        (ALL, "cluster default", "--all"),
    ],
)
def test_what_a_scope_is_called_and_how_it_is_typed(
    scope: Scope, words: str, argument: str
) -> None:
    assert (scope.words, scope.argument) == (words, argument)
    assert scope.key.startswith("lock:")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(-5, "0s"), (0, "0s"), (59, "59s"), (61, "1m"), (3 * 3600 + 301, "3h5m"), (90000, "1d1h")],
)
def test_ages(seconds: float, text: str) -> None:
    assert age(NOW, later(seconds)) == text


@pytest.mark.parametrize(
    ("lock", "ask", "wait"),
    [
        (a_lock(), "web", "`locks --notify web` tells you when it is free"),
        (
            a_lock(until=later(3600)),
            "web",
            "it ends at 2026-11-02 13:00:00 UTC; `locks --notify web` tells you when it is free",
        ),
        (a_lock(SHOP), "--stack shop", "`locks` lists what is locked"),
        (
            a_lock(ALL, until=later(60)),
            "--all",
            "it ends at 2026-11-02 12:01:00 UTC; `locks` lists what is locked",
        ),
    ],
)
def test_whoever_may_not_take_a_lock_away_has_other_ways(lock: Lock, ask: str, wait: str) -> None:
    first = f"Ask <@U1ANN> for `unlock {ask}`, or wait: {wait}."
    last = "Who has the right `break_glass` passes it by `--break-glass`."
    assert ways_out(lock) == f"{first} {last}"
