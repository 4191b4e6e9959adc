"""A click on Next or Previous: the read that the button names, asked for by who clicks, now.

The button's value is a line as anybody could type it. It goes the way of a typed line, so the
gate decides again at every click; a value that is anything but a page of a read does nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from bot.domain.flags.verb import VerbClass
from bot.domain.grammar import Command, parse
from bot.domain.page import PREFIX
from bot.domain.request import Source
from bot.usecases.click import Clicked
from bot.usecases.propose import Ack, AckKind, Typed

_NOTHING: Final = Ack(kind=AckKind.ERROR, text="That button is not known any more.")


def is_page(action: str) -> bool:
    """Return whether a button turns pages."""
    return action.startswith(PREFIX)


@dataclass(frozen=True, kw_only=True)
class TurnPage:
    """Ask for another page.

    Attributes:
        propose: takes a typed line (bot.usecases.propose).
    """

    propose: Callable[[Typed], Ack]

    def run(self, clicked: Clicked) -> Ack:
        """Return a private text for the person, empty when the page itself is the answer.

        That nobody is there to answer is said.
        """
        command = parse(clicked.value)
        if not isinstance(command, Command) or not _is_page_of_read(command):
            return _NOTHING
        typed = Typed(
            text=clicked.value,
            by=clicked.by,
            place=clicked.place,
            source=Source.BUTTON,
            delivery=clicked.delivery,
        )
        return self.propose(typed).shows_by_itself


def _is_page_of_read(command: Command) -> bool:
    is_read = command.verb.verb_class is VerbClass.READ
    return is_read and command.options.page is not None and len(command.targets) <= 1
