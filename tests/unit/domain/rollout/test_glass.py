"""Who broke the glass, of a rollout and of a one-step change, also of records made before."""

from dataclasses import replace

from bot.adapters.records import from_json, to_json
from bot.domain.breaking import Breaking
from bot.domain.refusal import Refusal
from bot.domain.rollout.glass import breakings_of, review, with_breaking
from bot.domain.rollout.record import Rollout, RolloutState
from tests.builders import ANN, BOB, NOW, a_rollout, later
from tests.contract import samples


def test_nobody_broke_what_is_whole() -> None:
    assert breakings_of(a_rollout()) == ()
    assert breakings_of(samples.change()) == ()


def test_a_record_of_before_has_it_from_who_asked() -> None:
    old = a_rollout(glass="fire", state=RolloutState.COMPLETED)
    document = to_json(old).replace(b'"breakings":[],', b"")
    assert b"breakings" not in document
    read = from_json(Rollout, document)
    assert breakings_of(read) == (Breaking(by=ANN.user, reason="fire", at=NOW),)
    assert isinstance(review(read, ANN.user), Refusal)
    change = samples.change(glass="disk")
    (broken,) = breakings_of(change)
    assert (broken.by, broken.at) == (change.request.by.user, change.request.accepted_at)


def test_each_breaking_is_kept_also_after_one_of_before() -> None:
    old = a_rollout(glass="fire")
    both = with_breaking(old, BOB.user, "flood", later(5))
    assert isinstance(both, Rollout)
    assert [(each.by, each.reason) for each in breakings_of(both)] == [
        (ANN.user, "fire"),
        (BOB.user, "flood"),
    ]
    assert both.glass == "fire"
    again = from_json(Rollout, to_json(both))
    assert again == both
    done = replace(both, state=RolloutState.COMPLETED)
    for user in (ANN.user, BOB.user):
        assert isinstance(review(done, user), Refusal)
    assert not isinstance(review(done, "U3CAT"), Refusal)


def test_who_reviewed_before_has_not_seen_what_came_after() -> None:
    seen = a_rollout(glass="fire", reviews=(BOB.user,))
    anew = with_breaking(seen, BOB.user, "flood", later(5))
    assert anew.reviews == ()
    assert with_breaking(seen, BOB.user, "", later(5)) == seen
