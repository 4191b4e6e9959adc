"""What is read from the past of messages, and how long ends and calls for help took."""

from typing import Any

from bench.at_once import Begun, judged, unshown
from bench.ends import Showing, first, showings
from bot.domain.rollout.record import RolloutState
from bot.rendering.metadata import CHANGE, NOTE, ROLLOUT
from playground.workspace.seen import Seen

DONE, HELD = RolloutState.COMPLETED, RolloutState.PAUSED


def seen(*past: tuple[float, str, str], rollout: str = "r-1") -> Seen:
    """Return a message that showed one thing after the other: when, the kind of event, the word."""
    names = {ROLLOUT: "state", NOTE: "note", CHANGE: "state"}
    revisions: list[dict[str, Any]] = [
        {
            "at": at,
            "metadata": {
                "event_type": kind,
                "event_payload": {"rollout_id": rollout, names[kind]: word},
            },
        }
        for at, kind, word in past
    ]
    fields = dict.fromkeys(Seen.__dataclass_fields__, None)
    return Seen(**{**fields, "revisions": revisions})  # type: ignore[arg-type]  # only these count


def test_each_revision_of_a_message_is_a_showing_and_all_but_the_first_are_edits() -> None:
    parent = seen((1.0, ROLLOUT, "progressing"), (5.0, ROLLOUT, "completed"))
    note = seen((3.0, NOTE, "progress"))
    found = showings([parent, note, seen((2.0, CHANGE, "applied"))])
    assert [(each.word, each.at, each.is_edit) for each in found] == [
        ("progressing", 1.0, False), ("progress", 3.0, False), ("completed", 5.0, True),
    ]  # fmt: skip


def test_what_says_nothing_of_a_rollout_is_passed_over() -> None:
    message = seen((1.0, ROLLOUT, "progressing"))
    message.revisions[0]["metadata"] = None
    assert showings([message]) == []


def test_the_first_time_counts() -> None:
    again = seen((1.0, ROLLOUT, "paused"), (2.0, ROLLOUT, "paused"))
    assert first(showings([again]), ROLLOUT, "paused")["r-1"].at == 1.0
    assert first(showings([again]), NOTE, "paused") == {}


def test_an_end_is_shown_when_both_the_message_and_the_thread_say_so() -> None:
    parent = showings([seen((1.0, ROLLOUT, "completed"))])
    both = showings([seen((1.0, ROLLOUT, "completed")), seen((2.0, NOTE, "ended"))])
    assert unshown(parent, {"r-1": DONE}) == {"r-1"}
    assert unshown(both, {"r-1": DONE}) == set()
    assert unshown(both, {"r-1": HELD, "r-2": DONE}) == {"r-1", "r-2"}


def test_progress_needs_no_word_in_the_thread() -> None:
    found = showings([seen((1.0, ROLLOUT, "progressing"))])
    assert unshown(found, {"r-1": RolloutState.PROGRESSING}) == set()


def busy() -> list[Showing]:
    """Return what is shown of an end (10 s on record), a call for help (11 s), and others."""
    return showings([
        seen((1, ROLLOUT, "progressing"), (9, ROLLOUT, "progressing"), (14, ROLLOUT, "completed")),
        seen((12, NOTE, "ended")),
        seen((1, ROLLOUT, "progressing"), (18, ROLLOUT, "paused"), rollout="r-2"),
        seen((13, NOTE, "paused"), rollout="r-2"),
        seen((11, ROLLOUT, "progressing"), (15, ROLLOUT, "progressing"), rollout="r-3"),
        seen((12, NOTE, "progress"), (17, NOTE, "progress"), (30, NOTE, "progress"), rollout="r-3"),
    ])  # fmt: skip


def test_lags_are_from_the_record_and_edits_of_progress_meanwhile_are_counted() -> None:
    begun = Begun(at=0.5, typed=0.2, ids=["r-1"], in_trouble=["r-2"])
    ended = judged(begun, {"r-1": 10, "r-2": 11}, busy(), 3)
    assert (ended.ends, ended.ends_said) == ([4], [2])
    assert (ended.calls, ended.calls_said) == ([7], [2])
    assert (ended.edited, ended.edits, ended.edits_of_progress, ended.limited) == (1, 4, 2, 3)
    assert (ended.typed, ended.last) == (0.2, 17.5)


def test_an_edit_of_what_is_paused_already_tells_of_progress_too() -> None:
    begun = Begun(at=0.5, typed=0.2, ids=["r-1"], in_trouble=["r-2"])
    restarts = showings([
        seen((8, ROLLOUT, "progressing"), (11, ROLLOUT, "paused"), (13, ROLLOUT, "paused"),
             rollout="r-4"),
    ])  # fmt: skip
    found = sorted([*busy(), *restarts], key=lambda each: each.at)
    ended = judged(begun, {"r-1": 10, "r-2": 11}, found, 3)
    assert (ended.edits, ended.edits_of_progress) == (6, 3)
