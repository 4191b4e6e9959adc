"""The arguments of one call, whether they came as a form, as JSON or in the query."""

import json
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from playground.workspace.errors import SlackError

TRUE_WORDS = ("1", "true", "True")


class Arguments:
    """Reads typed values out of what a client sent; lists and objects may be JSON in a string."""

    def __init__(self, raw: Mapping[str, Any]) -> None:
        self.raw = dict(raw)

    def has(self, name: str) -> bool:
        """Whether the client sent this argument with a value."""
        return self.raw.get(name) is not None

    def text(self, name: str, default: str = "") -> str:
        """Return a string argument."""
        value = self.raw.get(name)
        return default if value is None else str(value)

    def required(self, name: str) -> str:
        """Return a string argument.

        Raises:
            SlackError: invalid_arguments when it is missing.
        """
        value = self.text(name)
        if not value:
            raise SlackError("invalid_arguments", [f"[ERROR] missing required field: {name}"])
        return value

    def flag(self, name: str) -> bool:
        """Return a boolean argument; forms send 1, true or True."""
        value = self.raw.get(name)
        return value if isinstance(value, bool) else str(value) in TRUE_WORDS

    def number(self, name: str, default: int) -> int:
        """Return a whole number.

        Raises:
            SlackError: invalid_arguments when it is none.
        """
        try:
            return int(self.text(name) or default)
        except ValueError:
            raise SlackError("invalid_arguments", [f"[ERROR] not a number: {name}"]) from None

    def parsed(self, name: str, wrong: str = "invalid_arguments") -> Any:
        """Return a list or object, decoded when it came as a JSON string; None when absent.

        Raises:
            SlackError: `wrong` when the string is no JSON.
        """
        value = self.raw.get(name)
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value)
        except ValueError:
            raise SlackError(wrong) from None

    def words(self, name: str) -> list[str]:
        """Return a list of strings that may have come separated by commas."""
        value = self.raw.get(name)
        if isinstance(value, list):
            return [str(item) for item in value]
        return [word for word in self.text(name).split(",") if word]


async def read_arguments(request: web.Request) -> Arguments:
    """Read query and body of a Web API call.

    Raises:
        SlackError: invalid_json for a broken JSON body, json_not_object for one that is no
            object.
    """
    raw: dict[str, Any] = dict(request.query)
    if request.content_type == "application/json":
        body = await request.read()
        try:
            decoded = json.loads(body or b"{}")
        except ValueError:
            raise SlackError("invalid_json") from None
        if not isinstance(decoded, dict):
            raise SlackError("json_not_object")
        return Arguments(raw | decoded)
    if request.method == "POST":
        raw.update(await request.post())
    return Arguments(raw)
