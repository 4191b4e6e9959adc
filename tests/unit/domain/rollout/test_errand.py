"""Whose act a posting is, kept with the rollout until it is sent."""

import json
from dataclasses import replace

import pytest

from bot.adapters.records import from_json, to_json
from bot.domain.change import ActionKind
from bot.domain.policy import Resource, Side
from bot.domain.rollout.act import act
from bot.domain.rollout.errand import charged, errand_of, withheld
from bot.domain.rollout.outcome import Step
from bot.domain.rollout.record import Progress, Rollout, RolloutState, TaskFailure
from tests.builders import BOB, a_request, a_revision_spec, a_rollout, later

CLICK = a_request(id="a-1", by=BOB, command={"options": {"reason": "secret"}})
FAILURE = TaskFailure(
    task_id="t1", label="web.1", node="n1", state="failed", error="exit 1", exit_code=1
)
BACK = Resource(cluster="default", service="web", sides=(Side(labels={"env": "prod"}),))


def after(before: Rollout, kind: ActionKind, back: Resource | None = None) -> Rollout:
    revision = a_revision_spec() if kind is ActionKind.ROLLBACK else None
    done = act(before, kind, BOB, later(5), revision)
    assert isinstance(done, Step), done
    return charged(before, done.rollout, kind, CLICK, glass=False, back=back)


@pytest.mark.parametrize("kind", [ActionKind.ABORT, ActionKind.KEEP_WAITING])
def test_what_posts_nothing_has_no_errand(kind: ActionKind) -> None:
    made = after(a_rollout(state=RolloutState.STALLED), kind)
    assert (made.errand, errand_of(made)) == (None, None)


def test_it_outlives_its_process_and_holds_no_command() -> None:
    made = after(a_rollout(), ActionKind.ROLLBACK, BACK)
    read = from_json(Rollout, to_json(made))
    assert read == made
    errand = errand_of(read)
    assert errand is not None
    assert (errand.request.by, errand.request.command, errand.back) == (BOB, {}, BACK)


def test_a_record_of_before_has_none() -> None:
    made = replace(after(a_rollout(), ActionKind.ROLLBACK), errand=None)
    document = to_json(made).replace(b'"errand":null,', b"")
    assert b"errand" not in document
    assert from_json(Rollout, document) == made


def test_how_far_it_was_before_a_way_back_is_put_back_with_it() -> None:
    far = Progress(total=3, updated=2, running=3, score=14)
    before = a_rollout(
        state=RolloutState.STALLED, progress=far, failure=FAILURE, shown_hint="2/3 updated"
    )
    made = from_json(Rollout, to_json(after(before, ActionKind.ROLLBACK, BACK)))
    assert made.progress is not None
    assert (made.progress.score, made.failure, made.shown_hint) == (0, None, "")
    errand = errand_of(made)
    assert errand is not None
    stands = withheld(made, errand, "it is frozen", later(9)).rollout
    assert (stands.progress, stands.failure, stands.shown_hint) == (far, FAILURE, "2/3 updated")


def test_an_errand_of_before_that_was_kept_leaves_how_far_it_is() -> None:
    far = Progress(total=3, updated=2, running=3, score=14)
    made = after(a_rollout(state=RolloutState.STALLED, progress=far), ActionKind.UNSTICK)
    document = json.loads(to_json(made))
    for name in ("progress", "failure", "shown_hint"):
        del document["errand"][name]
    read = from_json(Rollout, json.dumps(document).encode())
    errand = errand_of(read)
    assert errand is not None
    assert errand.progress is None
    assert withheld(read, errand, "it is frozen", later(9)).rollout.progress == far


def test_of_another_posting_it_says_nothing() -> None:
    made = after(a_rollout(state=RolloutState.PAUSED), ActionKind.RESUME)
    assert made.posting is not None
    sent = replace(made, posting=replace(made.posting, posted_at=later(6)))
    assert errand_of(sent) is None
    other = replace(made, posting=replace(made.posting, attempt=7))
    assert errand_of(other) is None


@pytest.mark.parametrize("state", [RolloutState.PROGRESSING, RolloutState.STALLED])
def test_what_is_withheld_leaves_the_rollout_as_it_stood(state: RolloutState) -> None:
    before = a_rollout(state=state, back_to=1)
    made = after(before, ActionKind.ROLLBACK, BACK)
    assert made.going_back
    if state is RolloutState.STALLED:  # people have been called while nothing could be sent
        made = replace(made, state=state)
    errand = errand_of(made)
    assert errand is not None
    step = withheld(made, errand, "it is frozen", later(9))
    stands = step.rollout
    assert (stands.posting, stands.going_back, stands.back_to) == (before.posting, False, 1)
    assert (stands.state, stands.errand) == (RolloutState.STALLED, None)
    assert stands.reason == "the rollback of <@U2BOB> was not sent to Docker: it is frozen"
    assert [(note.kind.value, note.broadcast) for note in step.notes] == [("stalled", True)]
    again = after(stands, ActionKind.ROLLBACK, BACK)
    assert again.posting is not None
    assert again.posting.attempt == made.attempts + 1
