"""What can go wrong, by who can cure it.

    WaggleError                     the root: catch this at the edge of a process
    └── UserError                   the person who asked can cure it; `next_step` says how
        ├── BadFlagValue            a flag's value that cannot be meant so
        ├── NotAllowed              the policy says no (or is unreadable, which is the same)
        ├── NotFound                no such service, node, network, tag or revision
        └── Conflict                something else is going on, or the ground has moved

What goes wrong outside (the Engine, a registry, Slack, Redis) has its errors beside the ports.
Messages go to people: no env values, secrets or credentials in them.
"""

from __future__ import annotations

_VALUE_SHOWN = 100
"""Characters: whoever typed a value knows it by its beginning."""


class WaggleError(Exception):
    """The root of every error that this project raises on purpose."""


class UserError(WaggleError):
    """A mistake or a refusal that the person who asked should read.

    Attributes:
        message: what is wrong, one or two plain sentences.
        next_step: what to do now; may be empty.
        about: the flag or argument that it is about, where it is one; empty otherwise.
    """

    def __init__(self, message: str, next_step: str = "", about: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.next_step = next_step
        self.about = about

    @property
    def full_text(self) -> str:
        """The message and the next step, as a person should read them."""
        return f"{self.message}\n{self.next_step}" if self.next_step else self.message


class BadFlagValue(UserError):  # noqa: N818 - the name says what is wrong
    """A flag's value cannot be understood or cannot be meant so.

    Attributes:
        flag: the flag's name without dashes, or a word such as `SERVICE` for an argument.
        value: what was typed; already hidden if it may be a secret.
        why: what is wrong with it.
    """

    def __init__(self, flag: str, value: str, why: str, hint: str = "") -> None:
        self.flag = flag
        self.value = value
        self.why = why
        name = flag if flag.isupper() else f"--{flag}"
        short = value if len(value) <= _VALUE_SHOWN else f"{value[: _VALUE_SHOWN - 1]}…"
        shown = f" `{short}`" if value else ""
        super().__init__(f"{name}{shown}: {why}.", hint, flag)


class NotAllowed(UserError):  # noqa: N818 - as above
    """The policy does not let this person do this here."""


class NotFound(UserError):  # noqa: N818 - as above
    """What was named does not exist; `next_step` carries the did-you-mean."""


class Conflict(UserError):  # noqa: N818 - as above
    """A rollout, a lock or a freeze is in the way, or the spec moved meanwhile."""
