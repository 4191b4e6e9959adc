"""The words for what a channel can be told of: events, and levels that mean several."""

from collections.abc import Mapping

from bot.domain.policy.model import NotifyOn

_ON = NotifyOn

ENDS = frozenset({_ON.COMPLETED, _ON.ROLLED_BACK, _ON.FAILED, _ON.ABORTED, _ON.SUPERSEDED})
"""Every way in which a rollout ends."""

TROUBLE = frozenset({_ON.PAUSED, _ON.STALLED, _ON.FAILED, _ON.ROLLED_BACK})

LEVELS: Mapping[str, frozenset[NotifyOn]] = {
    "all": frozenset(NotifyOn),
    "ends": ENDS,
    "trouble": TROUBLE,
}
"""Words for several events at once."""


def as_events(words: str) -> frozenset[NotifyOn]:
    """Return the events that `failed,rolled_back` or a level such as `trouble` names.

    Args:
        words: separated by commas; upper or lower case, `-` or `_`. What is no event is left out.
    """
    found: frozenset[NotifyOn] = frozenset()
    for word in _plain(words):
        found |= LEVELS.get(word, frozenset(event for event in NotifyOn if event == word))
    return found


def unknown_word(words: str) -> str | None:
    """Return the first word that is no event and no level; None: there are words, all known."""
    named = _plain(words)
    unknown = (word for word in named if word not in known_words())
    return next(unknown, None if named else words)


def _plain(words: str) -> list[str]:
    named = (word.strip().lower().replace("-", "_") for word in words.split(","))
    return [word for word in named if word]


def words_for(events: frozenset[NotifyOn]) -> str:
    """Return the level of exactly these events, else their names in the order of life."""
    for level, meant in LEVELS.items():
        if meant == events:
            return level
    return ", ".join(event.value for event in NotifyOn if event in events)


def known_words() -> tuple[str, ...]:
    """Return every word that `--on` takes, the levels first."""
    return (*LEVELS, *(event.value for event in NotifyOn))
