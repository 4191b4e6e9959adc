"""What a history holds of the rollouts that an objection names: for whom a storm has failed."""

import re
from collections.abc import Iterator, Sequence

from tests.chaos.history import History

_RECORD = re.compile(r"\b[ra]-[a-z0-9]+\b")
_MOST = 5  # rollouts


def evidence(history: History, objections: Sequence[str]) -> Iterator[str]:
    """Yield the objections, then the story of each rollout that they name, moment by moment."""
    yield from objections
    named = dict.fromkeys(one for each in objections for one in _RECORD.findall(each))
    for subject in list(named)[:_MOST]:
        yield f"--- {subject}"
        yield from (line for _, line in sorted(_moments(history, subject)))
    yield "--- interruptions"
    yield from (f"{each.at:.2f} {each.what}" for each in history.interruptions)


def _moments(history: History, subject: str) -> Iterator[tuple[float, str]]:
    for typed in history.typed:
        if subject in typed.ids:
            yield typed.at, f"{typed.at:.2f} typed {typed.verb} {dict(typed.wants)}: {typed.answer}"
    for entry in history.entries:
        if entry.subject == subject:
            yield entry.at, f"{entry.at:.2f} audit: {entry.what}"
    for told in history.told:
        if told.rollout == subject:
            at, *edits = told.moved_at
            what = f"{told.note or 'parent'} {told.state} ({len(edits)} edits): {told.text[:120]!r}"
            yield at, f"{at:.2f} message: {what}"
    for specs in history.specs.values():
        for spec in specs:
            if spec.mark[0] == subject:
                labels = spec.spec["Labels"]
                yield spec.at, f"{spec.at:.2f} Engine: version {spec.version}, {labels}"
