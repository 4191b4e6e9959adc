"""Forms within Slack's three seconds: opened, filled in, shown what would change, sent."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from time import perf_counter
from typing import Any, TypeVar

from bot.domain.form import Form
from bot.domain.grammar import Command
from bot.domain.grammar.verbs import info_of
from bot.domain.jsontypes import JsonObject
from bot.rendering import forms as drawn
from bot.rendering.escape import escape
from bot.slack.form_payload import Submission, metadata
from bot.slack.in_time import Late, in_time
from bot.slack.views import Opener, Updater
from bot.usecases.form_choices import FormChoices
from bot.usecases.form_rights import Asked
from bot.usecases.forms import Forms, Shown, Tried, Wrong
from bot.usecases.propose import Ack, AckKind

T = TypeVar("T")
U = TypeVar("U")
JsonAck = dict[str, Any]

PLANNED_WITHIN = 1.8
"""Seconds that a submission waits for what would change; Slack waits three in all."""

OPENED_AFTER = 1.0
"""The same before a modal is opened by a trigger: Slack has to be called within its life, too."""

LOOKED_FOR = 45.0
"""Seconds for which a waiting modal is kept up to date; afterwards by its button."""

LOOK_LATER_EVERY = 0.5
"""Seconds between looks for it; the first comes so long after the ack that showed the modal."""

_CHOICES = ("service", "node")
"""The fields that ask what to change; the form follows."""

_LOOK_EVERY = 0.04
_AWAY = "Waggle's store (Redis) does not answer in time. Nothing was changed. Try again."
_LATE = "The worker has not answered yet. Nothing was changed."
_LOOK = "Press Look again in a moment; `/readyz` says whether a worker is there."

_log = logging.getLogger(__name__)


@dataclass(kw_only=True)
class FormDesk:
    """The forms' use cases behind the listeners; Slack is called from here, never by a job."""

    forms: Forms
    choices: FormChoices
    open_modal: Opener
    update_modal: Updater
    pool: ThreadPoolExecutor
    deadline: float = 2.4
    planned_within: float = PLANNED_WITHIN
    opened_after: float = OPENED_AFTER
    looked_for: float = LOOKED_FOR
    look_later_every: float = LOOK_LATER_EVERY
    _watching: set[asyncio.Task[None]] = field(default_factory=set)

    async def open(self, asked: Asked, trigger: str) -> Ack:
        """Open a form; the answer's text is empty when it is open."""
        ends = perf_counter() + self.deadline
        made = await self.check(asked)
        if isinstance(made, Ack):
            return made
        verb = asked.wish.verb.value
        if await self._opens(trigger, drawn.form_view(made, metadata(_of(asked, made))), ends):
            return Ack(kind=AckKind.ACCEPTED, text="", verb=verb)
        return Ack(kind=AckKind.UNAVAILABLE, text=_not_open(asked), verb=verb)

    async def check(self, asked: Asked) -> Form | Ack:
        """Return the form, or why this person gets none."""
        away = Ack(kind=AckKind.UNAVAILABLE, text=_AWAY, verb=asked.wish.verb.value)
        return await self.in_time(lambda: self.forms.open(asked), away)

    async def preview(self, asked: Asked, command: Command, trigger: str, ends: float) -> Ack:
        """Open the modal that shows what a line would do, to be sent from there.

        Args:
            asked: by whom, and where.
            command: the line.
            trigger: opens the modal.
            ends: until when, by `perf_counter`.
        """
        away, left = Wrong("", _AWAY), ends - perf_counter()
        tried = await self.in_time(lambda: self.forms.tried(command, asked), away, left)
        if isinstance(tried, Wrong):
            return Ack(kind=AckKind.REFUSED, text=tried.text)
        view = await self._review(asked, tried, min(self.opened_after, ends - perf_counter()))
        if await self._opens(trigger, view, ends):
            return Ack(kind=AckKind.ACCEPTED, text="", ids=(tried.record_id,))
        text = f"Slack did not open the window. Type `{command.canonical}` instead."
        return Ack(kind=AckKind.UNAVAILABLE, text=text)

    async def submit(self, given: Submission, late: Late) -> JsonAck:
        """Return the ack of a form that was filled in: errors at fields, or the next step.

        Args:
            given: what was submitted.
            late: takes what sending came to, should that be known only after the ack.
        """
        if given.record_id:
            return await self._send(given, late)
        if choice := next((each for each in _CHOICES if each in given.filled), ""):
            return await self._chosen(given, choice)
        ends = perf_counter() + self.deadline
        tried = await self.in_time(
            lambda: self.forms.filled(given.asked, given.shown, given.filled), Wrong("", _AWAY)
        )
        if isinstance(tried, Wrong):
            return _errors(given, tried)
        left = ends - perf_counter()
        found = await self._outcome(tried, min(self.planned_within, left))
        if found is not None and found.is_refused and found.about in given.filled:
            return _errors(given, Wrong(found.about, found.content.text))
        return {"response_action": "push", "view": self._shown(given.asked, tried, found)}

    async def offered(self, given: Submission, field_name: str, query: str) -> list[JsonObject]:
        """Return the options for a menu in which somebody types."""
        none: list[str] = []
        work = partial(self.choices.offered, given.asked, field_name, query)
        return drawn.options(await self.in_time(work, none))

    async def look(self, asked: Asked, record_id: str, view_id: str) -> None:
        """Show what a dry run has come to meanwhile, in the modal that waits for it."""
        found = await self._outcome(Tried(record_id), self.opened_after)
        if found is not None:
            await self.update_modal(self._shown(asked, Tried(record_id), found), view_id=view_id)

    def stop(self) -> None:
        """Leave the waiting modals to their buttons."""
        for task in self._watching:
            task.cancel()

    async def _chosen(self, given: Submission, choice: str) -> JsonAck:
        name, channel = given.filled[choice], given.filled.get("channel", "")
        form = await self.in_time(
            lambda: self.forms.chosen(given.asked, name, channel), Wrong(choice, _AWAY)
        )
        if isinstance(form, Wrong):
            return _errors(given, form)
        asked = self.forms.with_choice(given.asked, name, channel, form.cluster)
        return {"response_action": "update", "view": drawn.form_view(form, metadata(asked))}

    async def _send(self, given: Submission, late: Late) -> JsonAck:
        """What is sent late is no "nothing was changed": the one step here that changes things."""
        ack = await in_time(
            self.pool,
            partial(self.forms.send, given.record_id, given.asked),
            within=self.deadline,
            away=self.forms.propose.away(),
            late=late,
        )
        told = ack.shows_by_itself.text
        if not told:
            return {"response_action": "clear"}
        return {"response_action": "update", "view": drawn.told_view(told)}

    async def _review(self, asked: Asked, tried: Tried, seconds: float) -> JsonObject:
        return self._shown(asked, tried, await self._outcome(tried, seconds))

    def _shown(self, asked: Asked, tried: Tried, found: Shown | None) -> JsonObject:
        """Return the modal of a dry run; one that goes on is looked after in the background."""
        carried = metadata(asked, tried.record_id)
        if found is None:
            self._later(self._watch(asked, tried))
            told = escape(tried.away) or drawn.WORKING
            return drawn.waiting_view(tried.record_id, carried, told)
        return drawn.review_view(
            found.line, found.content, carried, sends=found.changes, cluster=found.cluster
        )

    async def _watch(self, asked: Asked, tried: Tried) -> None:
        """Turn the waiting modal into the review once there is one.

        Should this process end before, the modal's button does it.
        """
        await asyncio.sleep(self.look_later_every)  # Slack shows the modal only after our ack
        found = await self._outcome(tried, self.looked_for, self.look_later_every)
        name = drawn.view_name(tried.record_id)
        if found is None:
            told = f"{escape(tried.away) or _LATE} {_LOOK}"
            view = drawn.waiting_view(tried.record_id, metadata(asked, tried.record_id), told)
            await self.update_modal(view, name=name)
            return
        await self.update_modal(self._shown(asked, tried, found), name=name)

    async def _outcome(
        self, tried: Tried, seconds: float, every: float = _LOOK_EVERY
    ) -> Shown | None:
        """Wait for the end of a dry run, for so long."""
        ends = perf_counter() + seconds
        while True:
            left = max(_LOOK_EVERY, ends - perf_counter())
            found = await self.in_time(lambda: self.forms.outcome(tried.record_id), None, left)
            if found is not None or perf_counter() >= ends:
                return found
            await asyncio.sleep(every)

    async def _opens(self, trigger: str, view: JsonObject, ends: float) -> bool:
        try:
            return await asyncio.wait_for(self.open_modal(trigger, view), ends - perf_counter())
        except TimeoutError:
            return False

    async def in_time(
        self, work: Callable[[], T], otherwise: U, within: float | None = None
    ) -> T | U:
        """Return what the work comes to; `otherwise` when it fails or takes too long."""
        job = asyncio.wrap_future(self.pool.submit(work))
        await asyncio.wait({job}, timeout=max(0.0, self.deadline if within is None else within))
        if not job.done():
            return otherwise
        error = job.exception()
        if error is None:
            return job.result()
        _log.error("a form failed: %s", type(error).__name__, exc_info=error)
        return otherwise

    def _later(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._watching.add(task)
        task.add_done_callback(self._watching.discard)


def _of(asked: Asked, form: Form) -> Asked:
    """Return what is asked for, of the very swarm that the form shows."""
    return replace(asked, wish=replace(asked.wish, cluster=form.cluster))


def _errors(given: Submission, wrong: Wrong) -> JsonAck:
    name = wrong.field if wrong.field in given.shown else given.first
    return {"response_action": "errors", "errors": drawn.errors({name: wrong.text})}


def _not_open(asked: Asked) -> str:
    how = info_of(asked.wish.verb)
    return (
        "Slack did not open the form. Nothing was changed. Try again, or type it, for example "
        f"`{how.example}`; `help {how.name}` lists the flags."
    )
