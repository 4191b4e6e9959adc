"""Shortcuts: what a person may do from Slack's menus, without typing."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from time import perf_counter
from typing import TypeVar

from bot.domain.errors import UserError
from bot.domain.flags.verb import Verb
from bot.domain.grammar.wish import Wish
from bot.domain.request import Source
from bot.ports import StoreUnavailableError
from bot.rendering import forms as drawn
from bot.slack.form_desk import FormDesk
from bot.slack.manifest import DEPLOY, ROLLBACK_THIS, SHOW_HISTORY
from bot.slack.payload import Used
from bot.slack.views import Opener
from bot.usecases.about_message import AboutMessage
from bot.usecases.form_rights import Asked
from bot.usecases.propose import Ack, AckKind, Propose, Typed
from bot.usecases.refusals import Denied

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Shortcuts:
    """Carries them out; a modal says what speaks against one, for a global one has no channel."""

    desk: FormDesk
    about: AboutMessage
    propose: Propose
    open_modal: Opener

    async def use(self, used: Used, trigger: str) -> Ack:
        """Do what a shortcut does, or say why not."""
        ack = await self._used(used, trigger)
        if ack.text:
            await self.open_modal(trigger, drawn.told_view(ack.text))
        return ack

    async def _used(self, used: Used, trigger: str) -> Ack:
        if used.name == DEPLOY:
            return await self.desk.open(replace(_asked(used, Verb.UPDATE), nowhere=True), trigger)
        ends = perf_counter() + self.desk.deadline
        if used.name == ROLLBACK_THIS:
            asked = _asked(used, Verb.ROLLBACK)
            line = await self._found(asked, lambda: self.about.rollback(used.by, used.at), ends)
            if isinstance(line, Ack):
                return line
            return await self.desk.preview(asked, line, trigger, ends)
        if used.name == SHOW_HISTORY:
            return await self._history(used, ends)
        return Ack(kind=AckKind.ERROR, text="That shortcut is not known any more.")

    async def _history(self, used: Used, ends: float) -> Ack:
        """Ask for the answer, which comes by itself, to the person alone."""
        typed = Typed(
            text="", by=used.by, place=used.place, source=Source.BUTTON, delivery=used.delivery
        )

        def looked() -> Ack:
            line = self.about.history(used.by, used.at)
            return self.propose.understood(line, typed)

        ack = await self._found(_asked(used, Verb.HISTORY), looked, ends)
        return ack.shows_by_itself

    async def _found(self, asked: Asked, look: Callable[[], T], ends: float) -> T | Ack:
        """Return what is found, or why not, as long as Slack can still be answered."""

        def found() -> T | Ack:
            try:
                return look()
            except Denied as no:
                return self.desk.forms.rights.deny(no.decision, asked, self.propose.cluster)
            except UserError as error:
                return Ack(kind=AckKind.ERROR, text=error.full_text)
            except StoreUnavailableError:
                return away

        away = Ack(kind=AckKind.UNAVAILABLE, text=self.propose.away())
        return await self.desk.in_time(found, away, ends - perf_counter())


def _asked(used: Used, verb: Verb) -> Asked:
    return Asked(wish=Wish(verb), by=used.by, place=used.place, delivery=used.delivery)
