"""What a message tells people to type is for its own swarm, wherever they type it."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from bot.domain.flags.verb import Verb
from bot.domain.message import Content
from bot.domain.reply import HistoryList
from bot.domain.revision import Mark
from bot.domain.rollout.note import Note, NoteKind
from bot.domain.rollout.record import RolloutState
from bot.rendering.voice import BlockKitVoice
from tests.builders import a_history
from tests.unit.rendering import approvals, notices, samples, samples_changes, samples_kept
from tests.unit.rendering.told_lines import in_us, told, was_typed

VOICE = BlockKitVoice(open_policy=False)


def _samples() -> Iterator[tuple[str, Any, Any]]:
    """Yield a name, how it is drawn, and what is drawn."""
    for name, one in samples.rollouts().items():
        yield f"parent_{name}", VOICE.parent, (one,)
    for name, pair in samples.notes().items():
        yield f"note_{name}", VOICE.note, pair
    for name, each in notices.notices().items():
        yield f"notice_{name}", VOICE.notice, (each,)
    for name, request in approvals.requests().items():
        yield f"approval_{name}", VOICE.approval, (request,)
    for name, change in samples_changes.changes().items():
        yield f"change_{name}", VOICE.change, (change,)
    for name, noted in samples_changes.drain_notes().items():
        yield f"drain_{name}", VOICE.change_note, noted
    for name, telling in samples_kept.tellings().items():
        yield f"lock_{name}", VOICE.lock, (telling,)
    failure = replace(samples.FAILURE, log=tuple(f"line {n}" for n in range(20)))
    paused = samples.rollout(RolloutState.PAUSED, failure=failure)
    yield "long_log", VOICE.note, (paused, Note(kind=NoteKind.PAUSED))
    yield "subscribed", VOICE.subscribed, (replace(samples_kept.a_subscription(), pattern="web*"),)
    yield "history", VOICE.private, (HistoryList(history=a_history(Mark.GOOD), drift=True),)
    for name in ("inspect_in_trouble", "no_subscriptions"):
        yield name, VOICE.private, (samples.replies()[name],)


DRAWN = {name: (draw, what) for name, draw, what in _samples()}


@pytest.mark.parametrize("name", DRAWN)
def test_a_line_to_type_is_for_the_swarm_of_the_message(name: str) -> None:
    draw, what = DRAWN[name]
    lines = list(told(draw(*in_us(what)).text, *was_typed(what)))
    assert [line.canonical for line in lines if line.options.cluster != "us"] == []


def test_where_swarms_have_no_names_none_is_named() -> None:
    drawn: list[Content] = [
        draw(*what) for name, (draw, what) in DRAWN.items() if name != "subscribed"
    ]
    assert not [content.text for content in drawn if "--cluster" in content.text]


@pytest.mark.parametrize(
    ("name", "verbs"),
    [
        ("parent_paused", {Verb.RESUME, Verb.ROLLBACK, Verb.ABORT}),
        ("parent_stalled", {Verb.WAIT, Verb.UNSTICK, Verb.ROLLBACK, Verb.ABORT}),
        ("note_ended_rolled_back_locked", {Verb.UNLOCK}),
        ("approval_pending", {Verb.APPROVE, Verb.REJECT, Verb.CANCEL}),
        ("long_log", {Verb.LOGS, Verb.RESUME, Verb.ROLLBACK, Verb.ABORT}),
        ("drain_stalled", {Verb.WAIT, Verb.ABORT, Verb.NODE_UPDATE}),
        ("change_drain_applied", {Verb.NODE_UPDATE}),
        ("lock_shown", {Verb.LOCKS}),
        ("lock_nag", {Verb.UNLOCK}),
        ("subscribed", {Verb.UNSUBSCRIBE}),
        ("history", {Verb.DIFF}),
        ("inspect_in_trouble", {Verb.ROLLBACK}),
        ("no_subscriptions", {Verb.SUBSCRIBE}),
    ],
)
def test_what_can_be_typed_is_told(name: str, verbs: set[Verb]) -> None:
    """What is looked at above is there."""
    draw, what = DRAWN[name]
    assert {line.verb for line in told(draw(*in_us(what)).text, *was_typed(what))} == verbs
