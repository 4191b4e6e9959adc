"""The judge objects to each kind of loss, repetition and untruth, and to nothing else."""

import copy
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from tests.chaos.evidence import evidence
from tests.chaos.history import (
    ACCEPTED,
    MAYBE,
    NO,
    Answer,
    Entry,
    GoneBack,
    History,
    Json,
    Spec,
    Told,
    Typed,
)
from tests.chaos.judge import objections

PRINT = "0123456789abcdef" * 4


def spec(tag: str, **labels: str) -> Json:
    waggle = {f"waggle.{k}": v for k, v in labels.items() if k != "n"}
    return {
        "Name": "web",
        "Labels": waggle | {k: v for k, v in labels.items() if k == "n"},
        "Mode": {"Replicated": {"Replicas": 1}},
        "TaskTemplate": {"ContainerSpec": {"Image": f"httpd:{tag}@sha256:{tag}"}, "Placement": {}},
        "UpdateConfig": {"Delay": 1},
    }


def ours(rollout: str, attempt: int, revision: int) -> dict[str, str]:
    labels = {"rollout": rollout, "attempt": str(attempt), "revision": str(revision)}
    return labels | {"plan": PRINT[:16]}


def life(rollout: str, token: str, end: str, postings: int = 1) -> list[Entry]:
    line = f"update --reason {token} web"
    middle = ["planned", "started", *["posted"] * postings]
    return [
        Entry(what=what, subject=rollout, target="web", line=line, fingerprint=PRINT)
        for what in ("accepted", *middle, end)
    ]


def parent(rollout: str, state: str, text: str, old: int, new: int) -> Told:
    return Told(
        rollout=rollout,
        service="web",
        state=state,
        text=text,
        message_id=f"m-{rollout}",
        from_revision=old,
        to_revision=new,
        moved_at=(11.0, 12.0),
    )


def last_word(rollout: str) -> Told:
    return Told(
        rollout=rollout,
        service="web",
        note="ended",
        message_id=f"m-{rollout}.1",
        moved_at=(12.0,),
    )


FIRST = spec("v1", n="1")
SECOND = spec("v2", n="2", **ours("r-1", 1, 2))
BACK = {**spec("v1", n="1", **ours("r-2", 1, 1)), "UpdateConfig": {"Delay": 0}}
RESTORED = spec("v1", n="1", **ours("r-2", 2, 1))


def clean() -> History:
    """An update and the rollback of it, beside a line that may or may not have arrived."""
    versions = [FIRST, SECOND, BACK, RESTORED]
    previous = [None, *versions]
    return History(
        typed=[
            Typed(
                token="c1",
                service="web",
                verb="update",
                answer=ACCEPTED,
                wants={"tag": "v2", "label": "2"},
                ids=("r-1",),
            ),
            Typed(token="c2", service="web", verb="rollback", answer=ACCEPTED, ids=("r-2",)),
            Typed(token="c3", service="web", verb="scale", answer=MAYBE, wants={"replicas": 3}),
            Typed(token="c4", service="web", verb="scale", answer=NO, wants={"replicas": 3}),
        ],
        specs={
            "web": [
                Spec(service="web", version=10 + i, spec=one, previous=previous[i], at=11.0 + i)
                for i, one in enumerate(versions)
            ]
        },
        told=[
            parent("r-1", "completed", "completed\nIts one task has the new spec.", 1, 2),
            last_word("r-1"),
            parent("r-2", "rolled_back", "Back at revision 1, as asked.", 2, 1),
            last_word("r-2"),
        ],
        entries=[*life("r-1", "c1", "completed"), *life("r-2", "c2", "rolled_back", 2)],
        verdict="ok: Redis: 11 entries, unbroken",
        running={"web": ["httpd:v1"]},
        image_events={"web": 2},
        gone_back=[GoneBack(service="web", revision=2, state="rolled_back", spec=SECOND)],
    )


def test_a_clean_history_has_no_objections() -> None:
    assert objections(clean()) == []


def aborted_while_sending() -> History:
    """An abort that found the update on its way: what its last word said is put right by another.

    The abort said that the change had not been sent, and then it was seen to have been made.
    """
    history = clean()
    begin, end = history.entries[:3], history.entries[5:]
    left = [replace(history.entries[0], what=what) for what in ("aborted", "posted")]
    first, word, *rest = history.told
    stopped = replace(first, state="aborted", text="aborted; its one task may have the new spec")
    again = replace(word, message_id="m-r-1.2")
    return history.but(entries=[*begin, *left, *end], told=[stopped, word, again, *rest])


def test_an_abort_is_put_right_by_a_second_last_word() -> None:
    assert objections(aborted_while_sending()) == []


def test_an_abort_that_is_not_put_right_is_objected_to() -> None:
    history = aborted_while_sending()
    once = history.but(told=[m for m in history.told if m.message_id != "m-r-1.2"])
    assert "told_once: r-1 (['aborted']) has 1 last words" in objections(once)


def test_an_abort_after_its_posting_has_nothing_to_put_right() -> None:
    history = aborted_while_sending()
    sent = [*history.entries[:3], history.entries[4], history.entries[3], *history.entries[5:]]
    found = objections(history.but(entries=sent))
    assert "told_once: r-1 (['aborted']) has 2 last words" in found


def entries(change: Callable[[list[Entry]], list[Entry]]) -> Callable[[History], History]:
    return lambda h: h.but(entries=change(list(h.entries)))


def told(change: Callable[[list[Told]], list[Told]]) -> Callable[[History], History]:
    return lambda h: h.but(told=change(list(h.told)))


def specs(change: Callable[[list[Spec]], list[Spec]]) -> Callable[[History], History]:
    return lambda h: h.but(specs={"web": change(list(h.specs["web"]))})


def posted_twice(h: History) -> History:
    known = list(h.specs["web"])
    again = replace(known[1], version=known[1].version, previous=known[1].spec)
    rest = [replace(one, version=one.version + 1) for one in known[2:]]
    return h.but(specs={"web": [*known[:2], replace(again, version=12), *rest]})


def other(one: Spec, change: Callable[[Any], None]) -> Spec:
    changed = copy.deepcopy(one.spec)
    change(changed)
    return replace(one, spec=changed)


def with_env(found: Any) -> None:
    found["TaskTemplate"]["ContainerSpec"]["Env"] = ["A=b"]


def with_image(found: Any) -> None:
    found["TaskTemplate"]["ContainerSpec"]["Image"] = "httpd:v3@sha256:v3"


FORGED: Mapping[str, tuple[str, Callable[[History], History]]] = {
    "an accepted command is lost": (
        "c1 was understood, and is recorded 0 times",
        entries(lambda e: [one for one in e if one.subject != "r-1"]),
    ),
    "a command is recorded twice": (
        "c1 was understood, and is recorded 2 times",
        entries(lambda e: [*e, *life("r-9", "c1", "unchanged", 0)]),
    ),
    "a command without an answer happens twice": (
        "c3 (maybe) is recorded 2 times",
        entries(lambda e: [*e, *life("r-8", "c3", "refused", 0), *life("r-9", "c3", "refused", 0)]),
    ),
    "a refused command happens": (
        "c4 (no) is recorded 1 times",
        entries(lambda e: [*e, *life("r-9", "c4", "refused", 0)]),
    ),
    "something is recorded that nobody typed": (
        "c99 is recorded, and nobody typed it",
        entries(lambda e: [*e, *life("r-9", "c99", "refused", 0)]),
    ),
    "a rollout has no end": ("r-1 (c1) has the ends []", entries(lambda e: [*e[:4], *e[5:]])),
    "a rollout has two ends": (
        "r-1 (c1) has the ends ['completed', 'failed']",
        entries(lambda e: [*e[:5], Entry(what="failed", subject="r-1"), *e[5:]]),
    ),
    "a parent is missing": ("r-1 (['completed']) has 0 parents", told(lambda t: t[1:])),
    "a parent is there twice": (
        "r-1 (['completed']) has 2 parents",
        told(lambda t: [t[0], *t]),
    ),
    "a last word is missing": (
        "r-1 (['completed']) has 0 last words",
        told(lambda t: [t[0], *t[2:]]),
    ),
    "a last word more than one": (
        "r-1 (['completed']) has 2 last words",
        told(lambda t: [*t, replace(t[1], message_id="m-r-1.2")]),
    ),
    "a last word is said twice": ("message m-r-1.1 was posted 2 times", told(lambda t: [t[1], *t])),
    "the channel shows another end": (
        "r-1 ended ['completed'], and the channel shows progressing",
        told(lambda t: [replace(t[0], state="progressing"), *t[1:]]),
    ),
    "a rollout is told that nobody accepted": (
        "r-9 is told of, and was never accepted",
        told(lambda t: [*t, last_word("r-9")]),
    ),
    "a spec is posted twice": ("is its own predecessor", posted_twice),
    "a posting is made again later": (
        "r-1 made posting 1 2 times",
        specs(lambda s: [*s, replace(s[1], version=20, previous=s[-1].spec)]),
    ),
    "a posting was never made": (
        "r-1 made 0 postings, and the log tells of 1",
        specs(lambda s: [s[0], replace(s[2], previous=s[0].spec), s[3]]),
    ),
    "a spec by nobody": (
        "version 20 is nobody's",
        specs(lambda s: [*s, replace(s[0], version=20, previous=s[-1].spec)]),
    ),
    "a change that was not seen": (
        "follows ('r-7', '1'), unseen",
        specs(
            lambda s: [*s[:3], replace(s[3], previous=spec("v3", **ours("r-7", 1, 3)))],
        ),
    ),
    "another plan is posted": (
        "r-1 posted plan ffff",
        specs(
            lambda s: (
                [s[0], other(s[1], lambda x: x["Labels"].update({"waggle.plan": "ffff"})), *s[2:]]
            )
        ),
    ),
    "a spec that nobody asked for": (
        "c1 changed what nobody asked for: ['TaskTemplate']",
        specs(lambda s: [s[0], other(s[1], with_env), *s[2:]]),
    ),
    "another image than was asked for": (
        "c1 asked for v2, and got httpd:v3",
        specs(lambda s: [s[0], other(s[1], with_image), *s[2:]]),
    ),
    "a way back to something else": (
        "is not what revision 1 was",
        specs(lambda s: [*s[:2], other(s[2], with_env), *s[3:]]),
    ),
    "the Engine tells of more images": (
        "2 new images, and the Engine's events tell of 3",
        lambda h: h.but(image_events={"web": 3}),
    ),
    "an end that is not true": (
        "r-1 completed with 1 tasks",
        told(lambda t: [replace(t[0], text="All 4 tasks have the new spec."), *t[1:]]),
    ),
    "another revision than it is at": (
        "r-2 is back at revision 1",
        told(lambda t: [*t[:2], replace(t[2], text="Back at revision 7, as asked."), *t[3:]]),
    ),
    "it rests at paused": (
        "r-1 rests at paused",
        told(lambda t: [replace(t[0], state="paused"), *t[1:]]),
    ),
    "other tasks run": ("web runs ['httpd:v2']", lambda h: h.but(running={"web": ["httpd:v2"]})),
    "a task is missing": ("web runs 0 tasks", lambda h: h.but(running={"web": []})),
    "a way back is lost": (
        "r-1: revision 7 was lost",
        told(lambda t: [replace(t[0], from_revision=7), *t[1:]]),
    ),
    "a way back does not work": (
        "web did not go to revision 2: refused",
        lambda h: h.but(gone_back=[replace(h.gone_back[0], state="refused")]),
    ),
    "a way back leads elsewhere": (
        "web went back to something else than revision 2",
        lambda h: h.but(gone_back=[replace(h.gone_back[0], spec=FIRST)]),
    ),
    "nobody tried the way back": (
        "nobody tried the way back of web",
        lambda h: h.but(gone_back=[]),
    ),
    "the log is broken": (
        "BROKEN: Redis",
        lambda h: h.but(verdict="BROKEN: Redis: entry 7 was changed"),
    ),
    "its copy is broken": (
        "BROKEN: audit",
        lambda h: h.but(verdict=f"{h.verdict}\nBROKEN: audit.jsonl and Redis: entry 7"),
    ),
    "a rollout is planned twice": (
        "r-1 was planned 2 times",
        entries(lambda e: [*e, Entry(what="planned", subject="r-1", fingerprint=PRINT)]),
    ),
}


@pytest.mark.parametrize("forgery", FORGED)
def test_a_forged_history_is_objected_to(forgery: str) -> None:
    words, forge = FORGED[forgery]
    found = objections(forge(clean()))
    assert any(words in each for each in found), found


def test_an_objection_to_a_service_comes_with_what_was_typed_and_answered_there() -> None:
    answer = Answer(at=12.0, service="web", text="Nothing to do: it runs already.")
    elsewhere = Answer(at=12.0, service="other", text="Nothing of this.")
    history = clean().but(private=[answer, elsewhere])
    told = "\n".join(evidence(history, ["way_back: web did not go to revision 2: private"]))
    assert "typed c3 scale: maybe" in told
    assert "privately: 'Nothing to do: it runs already.'" in told
    assert "Nothing of this" not in told


def test_an_objection_comes_with_the_story_of_whom_it_names() -> None:
    first, *story = evidence(clean(), ["r-1 is lost"])
    assert first == "r-1 is lost"
    told = "\n".join(story)
    assert "audit: posted" in told
    assert "message: parent completed (1 edits)" in told
    assert "Engine: version 11" in told
