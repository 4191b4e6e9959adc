"""The judge of a storm: whatever was lost, done twice, or told otherwise than it was.

Each rule returns its objections as sentences; a clean history has none.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

from tests.chaos.history import (
    ACCEPTED,
    ACTION_ENDS,
    NO,
    PRIVATE_ENDS,
    PUBLIC_ENDS,
    History,
    Spec,
    Told,
    Typed,
    image_of,
    mark_of,
    plain,
    replicas_of,
)

Objections = Iterator[str]
_PLAN_SHOWN = 16  # digits of the fingerprint that stand in a label


def objections(history: History) -> list[str]:
    """Return all objections to a history."""
    return [f"{rule.__name__[1:]}: {one}" for rule in RULES for one in rule(history)]


def _records(history: History) -> dict[str, str]:
    """Return the token of each record that the audit log knows to be accepted."""
    found = {}
    for entry in history.entries:
        if entry.what == "accepted":
            words = entry.line.split()
            if "--reason" in words:
                found[entry.subject] = words[words.index("--reason") + 1]
    return found


def _ends(history: History, subject: str) -> list[str]:
    kinds = ACTION_ENDS if subject.startswith("a-") else PUBLIC_ENDS | PRIVATE_ENDS
    return [e.what for e in history.entries if e.subject == subject and e.what in kinds]


def _parents(history: History, rollout: str) -> list[Told]:
    return [m for m in history.told if m.rollout == rollout and not m.note]


def _posted(history: History) -> dict[str, list[Spec]]:
    """Return what each rollout posted, by version."""
    found: dict[str, list[Spec]] = {}
    for specs in history.specs.values():
        for spec in specs:
            found.setdefault(spec.mark[0], []).append(spec)
    return found


def _revisions(specs: Sequence[Spec]) -> dict[int, Spec]:
    """Return each revision as it was first posted; the one that was found is the first."""
    found = {1: specs[0]} if specs else {}
    for spec in specs[1:]:
        if number := spec.label("revision"):
            found.setdefault(int(number), spec)
    return found


# -- rules


def _accepted_is_recorded_once(history: History) -> Objections:
    """What was answered "Understood" is in the log once; anything else once at most."""
    tokens = Counter(_records(history).values())
    subjects = Counter(e.subject for e in history.entries if e.what == "accepted")
    yield from (f"{s} was accepted {n} times" for s, n in subjects.items() if n > 1)
    for typed in history.typed:
        count = tokens.pop(typed.token, 0)
        if typed.answer == ACCEPTED and count != 1:
            yield f"{typed.token} was understood, and is recorded {count} times"
        if count > 1 or (typed.answer == NO and count):
            yield f"{typed.token} ({typed.answer}) is recorded {count} times"
    yield from (f"{token} is recorded, and nobody typed it" for token in tokens)


def _accepted_ends_once(history: History) -> Objections:
    for subject, token in _records(history).items():
        ends = _ends(history, subject)
        if len(ends) != 1:
            yield f"{subject} ({token}) has the ends {ends}"
    known = _records(history)
    for typed in history.typed:
        yield from (f"{i} ({typed.token}) is lost" for i in typed.ids if known.get(i) is None)


def _told_once(history: History) -> Objections:
    """A rollout has one parent and one last word, each a message of its own; others have none.

    The last word of an abort that found a posting on its way is put right by another, once.
    """
    for subject in _records(history):
        if not subject.startswith("r-"):
            continue
        ends = _ends(history, subject)
        public = int(bool(set(ends) & PUBLIC_ENDS))
        parents = _parents(history, subject)
        notes = Counter(m.note for m in history.told if m.rollout == subject and m.note)
        if len(parents) != public:
            yield f"{subject} ({ends}) has {len(parents)} parents"
        if notes["ended"] != public + _put_right(history, subject):
            yield f"{subject} ({ends}) has {notes['ended']} last words"
        for parent in parents:
            if [parent.state] != ends:
                yield f"{subject} ended {ends}, and the channel shows {parent.state}"
    ids = Counter(m.message_id for m in history.told if m.message_id and m.note)
    yield from (f"message {i} was posted {n} times" for i, n in ids.items() if n > 1)
    known = _records(history)
    for rollout in {m.rollout for m in history.told} - known.keys():
        yield f"{rollout} is told of, and was never accepted"


def _put_right(history: History, subject: str) -> int:
    """Return 1 if a posting was on its way when a rollout was aborted, else 0.

    The abort says that it had not been sent. That it was made after all is seen afterwards, by its
    labels: it is recorded together with a second last word (bot.usecases.apply_posting).
    """
    whats = [e.what for e in history.entries if e.subject == subject]
    return int("aborted" in whats and "posted" in whats[whats.index("aborted") :])


def _changed_once(history: History) -> Objections:
    """Each posting of the log was made once, under its fingerprint, and no other was."""
    posted = _posted(history)
    wanted = Counter(e.subject for e in history.entries if e.what == "posted")
    known = _records(history)
    for rollout, specs in posted.items():
        if not rollout:
            continue
        marks = Counter(spec.mark for spec in specs)
        yield from (f"{rollout} made posting {m[1]} {n} times" for m, n in marks.items() if n > 1)
        if rollout not in known:
            yield f"{rollout} changed {specs[0].service}, and was never accepted"
    for rollout in known:
        made = len({spec.mark for spec in posted.get(rollout, [])})
        if made != wanted[rollout]:
            yield f"{rollout} made {made} postings, and the log tells of {wanted[rollout]}"
        if not made and set(_ends(history, rollout)) & {"completed", "rolled_back"}:
            yield f"{rollout} has ended as if it had changed something"
        if made and set(_ends(history, rollout)) & PRIVATE_ENDS:
            yield f"{rollout} changed something, and ended {_ends(history, rollout)}"
    yield from _fingerprints(history, posted)


def _fingerprints(history: History, posted: dict[str, list[Spec]]) -> Objections:
    planned = {e.subject: e.fingerprint for e in history.entries if e.what == "planned"}
    for rollout, specs in posted.items():
        for spec in specs if rollout else ():
            if spec.label("plan") != planned.get(rollout, "")[:_PLAN_SHOWN]:
                yield f"{rollout} posted plan {spec.label('plan')}, not {planned.get(rollout)}"


def _nobody_else_changed(history: History) -> Objections:
    """Every version follows from the one before, and none is its own predecessor."""
    for service, specs in history.specs.items():
        for before, after in pairwise(specs):
            if after.version <= before.version:
                yield f"{service}: version {after.version} after {before.version}"
            if mark_of(after.previous) == after.mark:
                yield f"{service}: {after.mark} is its own predecessor, so it was posted twice"
            elif mark_of(after.previous) != before.mark:
                yield f"{service}: {after.mark} follows {mark_of(after.previous)}, unseen"
            if not after.mark[0]:
                yield f"{service}: version {after.version} is nobody's"
        changes = sum(image_of(a.spec) != image_of(b.spec) for a, b in pairwise(specs))
        told = history.image_events.get(service, 0)
        if changes != told:
            yield f"{service}: {changes} new images, and the Engine's events tell of {told}"


def _as_typed(history: History) -> Objections:
    """Each spec is what the person asked for, or one that ran before."""
    tokens, lines = _records(history), {typed.token: typed for typed in history.typed}
    for service, specs in history.specs.items():
        known = _revisions(specs)
        for before, after in pairwise(specs):
            typed = lines.get(tokens.get(after.mark[0], ""))
            if typed is None or typed.service != service:
                yield f"{service}: nobody typed {after.mark}"
            elif typed.verb != "rollback" and after.mark[1] == "1":
                yield from _forward(typed, before, after)
            else:
                yield from _backward(service, known, after)


def _forward(typed: Typed, before: Spec, after: Spec) -> Objections:
    old, new = plain(before.spec, pace=False), plain(after.spec, pace=False)
    wants = typed.wants
    if "replicas" in wants:
        old["Mode"] = {"Replicated": {"Replicas": wants["replicas"]}}
    if "label" in wants:
        old["Labels"]["n"] = wants["label"]
    if "tag" in wants:
        image = image_of(new)
        if f":{wants['tag']}@sha256:" not in image:
            yield f"{typed.token} asked for {wants['tag']}, and got {image}"
        old["TaskTemplate"]["ContainerSpec"]["Image"] = image
    if old != new:
        parts = [key for key in old.keys() | new.keys() if old.get(key) != new.get(key)]
        yield f"{typed.token} changed what nobody asked for: {parts}"


def _backward(service: str, known: dict[int, Spec], after: Spec) -> Objections:
    number = int(after.label("revision") or 0)
    target = known.get(number)
    if target is None or target.version >= after.version:
        yield f"{service}: {after.mark} goes back to revision {number}, which never ran"
    elif plain(target.spec, pace=False) != plain(after.spec, pace=False):
        yield f"{service}: {after.mark} is not what revision {number} was"


def _text_is_true(history: History) -> Objections:
    """What the last word says is what the Engine shows."""
    posted = _posted(history)
    for parent in (m for m in history.told if not m.note):
        specs = posted.get(parent.rollout, [])
        if parent.state == "completed" and specs:
            yield from _completed(parent, specs[-1])
        if parent.state == "rolled_back" and specs:
            yield from _rolled_back(parent, specs[-1])
        if parent.state not in {"completed", "rolled_back", "aborted"}:
            yield f"{parent.rollout} rests at {parent.state}: {parent.text[:200]}"
    for service, specs_of in history.specs.items():
        last = specs_of[-1].spec if specs_of else None
        if last and set(history.running.get(service, ())) != {image_of(last).partition("@")[0]}:
            yield f"{service} runs {history.running.get(service)}, not {image_of(last)}"
        if last and len(history.running.get(service, ())) != replicas_of(last):
            yield f"{service} runs {len(history.running.get(service, ()))} tasks"


def _completed(parent: Told, last: Spec) -> Objections:
    count = replicas_of(last.spec)
    words = "Its one task has" if count == 1 else f"All {count} tasks have"
    if words not in parent.text:
        yield f"{parent.rollout} completed with {count} tasks, and says {parent.text!r}"
    if last.mark[1] != "1":
        yield f"{parent.rollout} completed by posting {last.mark[1]}"
    if str(parent.to_revision) != last.label("revision"):
        yield f"{parent.rollout} tells of revision {parent.to_revision}"


def _rolled_back(parent: Told, last: Spec) -> Objections:
    number = last.label("revision")
    if f"revision {number}" not in parent.text or str(parent.to_revision) != number:
        yield f"{parent.rollout} is back at revision {number}, and says {parent.text!r}"


def _way_back(history: History) -> Objections:
    """The revision before is recorded, and one can go there."""
    for parent in (m for m in history.told if not m.note):
        known = _revisions(history.specs.get(parent.service, ()))
        if parent.from_revision not in known:
            yield f"{parent.rollout}: revision {parent.from_revision} was lost"
    went = {back.service for back in history.gone_back}
    yield from (f"nobody tried the way back of {s}" for s in history.specs.keys() - went)
    for back in history.gone_back:
        target = _revisions(history.specs[back.service]).get(back.revision)
        if back.state != "rolled_back":
            yield f"{back.service} did not go to revision {back.revision}: {back.state}"
        elif target is None or plain(target.spec) != plain(back.spec):
            yield f"{back.service} went back to something else than revision {back.revision}"


def _audit_is_whole(history: History) -> Objections:
    lines = history.verdict.splitlines() or ["nothing was verified"]
    yield from (line for line in lines if not line.startswith("ok: "))
    once = {"planned", "started"}
    counts = Counter((e.subject, e.what) for e in history.entries if e.what in once)
    yield from (f"{s} was {what} {n} times" for (s, what), n in counts.items() if n > 1)


RULES: tuple[Callable[[History], Objections], ...] = (
    _accepted_is_recorded_once,
    _accepted_ends_once,
    _told_once,
    _changed_once,
    _nobody_else_changed,
    _as_typed,
    _text_is_true,
    _way_back,
    _audit_is_whole,
)
