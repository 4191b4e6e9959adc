"""What a history holds of whom an objection names: for whoever looks why a storm has failed."""

import re
from collections.abc import Container, Iterator, Sequence

from tests.chaos.history import History

_RECORD = re.compile(r"\b[ra]-[a-z0-9]+\b")
_MOST = 5  # rollouts, and services


def evidence(history: History, objections: Sequence[str]) -> Iterator[str]:
    """Yield the objections, then the story of each rollout that they name, moment by moment."""
    yield from objections
    named = dict.fromkeys(one for each in objections for one in _RECORD.findall(each))
    for subject in list(named)[:_MOST]:
        yield f"--- {subject}"
        yield from (line for _, line in sorted(_moments(history, subject)))
    for service in _services(history, objections, named):
        yield f"--- what was typed and answered in the channel of {service}"
        yield from (line for _, line in sorted(_talk(history, service)))
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


def _services(history: History, objections: Sequence[str], named: Container[str]) -> list[str]:
    """Return the services that are named, or whose rollouts are."""
    of = {told.service for told in history.told if told.rollout in named}
    of |= {typed.service for typed in history.typed if any(one in named for one in typed.ids)}
    said = {one for one in history.specs if any(one in each for each in objections)}
    return sorted((of | said) & history.specs.keys())[:_MOST]


def _talk(history: History, service: str) -> Iterator[tuple[float, str]]:
    """Yield the lines with their answers, and what was answered later: which is to which?"""
    for typed in history.typed:
        if typed.service == service:
            said = f"{typed.token} {typed.verb}: {typed.answer} {' '.join(typed.ids)}"
            yield typed.at, f"{typed.at:.2f} typed {said}"
    for each in history.private:
        if each.service == service:
            yield each.at, f"{each.at:.2f} privately: {each.text[:200]!r}"
