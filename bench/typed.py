"""Signed slash commands, as bytes on the wire; each is a delivery of its own."""

import itertools
import time
import urllib.parse
from collections.abc import Callable

from playground.workspace.signing import signed_headers

_NUMBERS = itertools.count(1)


def typed(secret: str, line: Callable[[int], str], user: str = "U0ANN") -> Callable[[], bytes]:
    """Return what makes the next request.

    Args:
        secret: the signing secret.
        line: what is typed after `/swarm`, by the request's number.
        user: who types.
    """

    def make() -> bytes:
        number = next(_NUMBERS)
        fields = {
            "command": "/swarm",
            "text": line(number),
            "user_id": user,
            "team_id": "T0WAGGLE",
            "channel_id": "C0OPS",
            "api_app_id": "A0WAGGLE",
            "trigger_id": f"{time.time_ns()}.{number}",
        }
        body = urllib.parse.urlencode(fields).encode()
        headers = {
            "Host": "127.0.0.1",
            "Content-Type": "application/x-www-form-urlencoded",
            "Content-Length": str(len(body)),
            **signed_headers(secret, body, time.time()),
        }
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        return f"POST /slack/events HTTP/1.1\r\n{head}\r\n".encode() + body

    return make
