"""Why something was not done: a value of the domain, shown to one person."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """Nothing was changed, and why.

    `next_step` says what to type or do, or what was likely meant. `about` is the flag or argument
    that it is about, where it is one: a form says it at that field.
    """

    why: str
    next_step: str = ""
    about: str = ""
