"""Generated services: any flags together at `create`, then any together at `update`."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from hypothesis import strategies as st

from bot.domain.flags.verb import Verb
from tests.parity.cases import ELSEWHERE, is_known
from tests.parity.samples import CREATE, ENGINE, NEUTRAL, UPDATE, Sample, flag_words
from tests.parity.walks import created, updated

_MOST = 8
"""Flags in one line."""


@dataclass(frozen=True)
class Combination:
    """One walk of two lines."""

    create: tuple[str, ...]
    update: tuple[str, ...]

    @property
    def lines(self) -> list[str]:
        """As a person types them; two replicas, unless it says otherwise."""
        own = any(word.startswith("--replicas ") for word in self.create)
        return [
            created(" ".join(self.create if own else ("--replicas 2", *self.create))),
            *([updated(" ".join(self.update))] if self.update else []),
        ]

    def smaller(self) -> list["Combination"]:
        """Return all with one flag less, those of the update first."""
        return [
            *(replace(self, update=_without(self.update, at)) for at in range(len(self.update))),
            *(replace(self, create=_without(self.create, at)) for at in range(len(self.create))),
        ]


def _without(words: tuple[str, ...], at: int) -> tuple[str, ...]:
    return (*words[:at], *words[at + 1 :])


def smallest(found: Combination, parts: Callable[[Combination], str]) -> Combination:
    """Return what is left of a combination when every flag that is not needed has gone.

    Args:
        found: one in which the worlds part.
        parts: where they part in another, empty if nowhere.
    """
    for smaller in found.smaller():
        if parts(smaller):
            return smallest(smaller, parts)
    return found


def combinations() -> st.SearchStrategy[Combination]:
    """Any flags that Waggle has and that go with others; a few contradict each other."""
    return st.builds(Combination, _flags(Verb.CREATE, CREATE), _flags(Verb.UPDATE, UPDATE))


def _flags(verb: Verb, samples: dict[str, Sample]) -> st.SearchStrategy[tuple[str, ...]]:
    usable = [
        (flag, sample)
        for flag, sample in samples.items()
        if is_known(verb, flag)
        and not sample.alone
        and sample.since <= ENGINE
        and (verb, flag) not in ELSEWHERE
    ]
    one = st.sampled_from(usable).flatmap(_with_value)
    least = 0 if verb is Verb.CREATE else 1
    unique = st.lists(one, min_size=least, max_size=_MOST, unique_by=lambda pair: pair[0])
    return unique.map(lambda pairs: tuple(words for _, words in pairs))


def _with_value(usable: tuple[str, Sample]) -> st.SearchStrategy[tuple[str, str]]:
    flag, sample = usable
    values = st.lists(
        st.sampled_from(sample.values), min_size=1, max_size=3 if sample.many else 1, unique=True
    )
    beside = _beside(flag, sample)
    return values.map(
        lambda some: (flag, " ".join((*beside, *(flag_words(flag, value) for value in some))))
    )


def _beside(flag: str, sample: Sample) -> tuple[str, ...]:
    """Return what must stand with it: an update of options alone says nothing."""
    if flag in NEUTRAL:
        return ("--label-add beside=it",) if sample.beside else ()
    return (sample.beside,) if sample.beside else ()
