"""One request with its parameters, and the two kinds of answers."""

import asyncio
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

from aiohttp import web

from playground.simulator.api.filters import Filters, filters_of
from playground.simulator.encoded import encode
from playground.simulator.hub import Hub
from playground.simulator.model.refusals import RefusedError
from playground.simulator.model.simulation import Simulation
from playground.simulator.model.state import Json

T = TypeVar("T")
_JSON = "application/json"
_TRUE = ("1", "true", "True", "on", "yes")


class ReplyLost(Exception):  # noqa: N818 - it is no fault, it was asked for
    """The connection ends without an answer."""


@dataclass(frozen=True)
class Call:
    """One request; `version` is the API version that it asked for."""

    hub: Hub
    request: web.Request
    version: tuple[int, int]

    @property
    def simulation(self) -> Simulation:
        """The swarm."""
        return self.hub.simulation

    @property
    def ref(self) -> str:
        """The name or id in the path."""
        return str(self.request.match_info["ref"])

    def text(self, name: str) -> str:
        """Return a query parameter, empty if it is not there."""
        return str(self.request.query.get(name, ""))

    def flag(self, name: str) -> bool:
        """Return whether a query parameter says yes."""
        return self.text(name) in _TRUE

    def filters(self, known: Iterable[str] | None = None) -> Filters:
        """Return the filters. Raises RefusedError."""
        return filters_of(self.text("filters"), known)

    def index(self, kind: str) -> int:
        """Return `version`, the index for compare-and-swap. Raises RefusedError."""
        text = self.text("version")
        if text.isascii() and text.isdecimal():
            return int(text)
        words = f'strconv.ParseUint: parsing "{text}": invalid syntax'
        raise RefusedError(400, f"invalid {kind} version '{text}': {words}")

    async def body(self) -> Json:
        """Return the posted object. Raises RefusedError."""
        content = await self.request.read()
        if not content.strip():
            raise RefusedError(400, "got EOF while reading request body")
        try:
            found = json.loads(content)
        except ValueError as error:
            raise RefusedError(400, _why(content.decode(errors="replace"), error)) from error
        if not isinstance(found, dict):
            raise RefusedError(400, "json: cannot unmarshal the body into an object")
        return found

    def write(self, act: Callable[[], T]) -> T:
        """Carry out a change, unless its reply is to be lost.

        Raises:
            RefusedError: with the Engine's words.
            ReplyLost: a test wanted it so.
        """
        if not self.hub.lost:
            made = act()
            self.simulation.timeline.settle()
            return made
        if self.hub.lost.pop(0):
            act()
        raise ReplyLost


def _why(text: str, error: ValueError) -> str:
    at = getattr(error, "pos", 0)
    if text[at:].strip() in ("", "{", "["):
        return "unexpected EOF"
    where = "object key string" if text[:at].rstrip().endswith("{") else "value"
    return f"invalid character '{text[at : at + 1]}' looking for beginning of {where}"


def ok(value: Any, status: int = 200) -> web.Response:
    """Return JSON, as Go writes it: with a line's end."""
    return raw(encode(value) + b"\n", status)


def raw(body: bytes, status: int = 200) -> web.Response:
    """Return encoded JSON."""
    return web.Response(body=body, status=status, content_type=_JSON)


def done(status: int = 200) -> web.Response:
    """Return nothing but a status."""
    return web.Response(status=status)


def refused(refusal: RefusedError) -> web.Response:
    """Return the Engine's error."""
    return ok({"message": refusal.message}, refusal.status)


async def hang_up(request: web.Request) -> web.Response:
    """End the connection without an answer."""
    if request.transport is not None:
        request.transport.abort()
    await asyncio.sleep(0)
    return web.Response()
