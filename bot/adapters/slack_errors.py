"""What slack_sdk, urllib and HTTP statuses mean: was something posted, surely not, or who knows?"""

import errno
import re
import socket
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from http import HTTPStatus
from http.client import HTTPException
from typing import Any, Final
from urllib.error import URLError

from slack_sdk.errors import SlackApiError, SlackClientError

from bot.ports import (
    SlackError,
    SlackRateLimitedError,
    SlackRefusedError,
    SlackUnavailableError,
    SlackUnknownOutcomeError,
)

_PERHAPS: Final = frozenset({"fatal_error", "internal_error"})
"""Slack: "some aspect of the operation may have succeeded before the error was raised"."""

_NEVER_SENT: Final = (ConnectionRefusedError, TimeoutError, socket.gaierror, ssl.SSLError)
_NEVER_SENT_ERRNO: Final = frozenset({errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENOENT})
_DEFAULT_PAUSE: Final = timedelta(seconds=30)
_LONGEST_PAUSE: Final = timedelta(minutes=10)


@contextmanager
def translated() -> Iterator[None]:
    """Turn what a call raises into the port's errors."""
    try:
        yield
    except SlackApiError as error:
        raise _of_api_error(error) from error
    except URLError as error:  # from connecting or sending; urllib raises later ones bare
        raise _of_connection(error) from error
    except (OSError, HTTPException, UnicodeDecodeError) as error:
        raise SlackUnknownOutcomeError(type(error).__name__) from error
    except SlackClientError as error:
        raise SlackRefusedError("client_error", type(error).__name__) from error


def of_status(status: int, headers: Mapping[str, Any], body: str) -> SlackError | None:
    """Return what an HTTP answer outside the Web API means; None: it is fine."""
    if status < HTTPStatus.BAD_REQUEST:
        return None
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return SlackRateLimitedError(_pause(headers))
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        return SlackUnavailableError(f"HTTP {status}")
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        # 500, 502 and 504 may come from a proxy that gave up waiting for who was at it.
        return SlackUnknownOutcomeError(f"HTTP {status}")
    code = re.search(r"\b[a-z]+(?:_[a-z]+)+\b", body[:200])
    return SlackRefusedError(code[0] if code else f"http_{status}")


def _of_api_error(error: SlackApiError) -> SlackError:
    response = error.response
    status = int(_field(response, "status_code", "status") or HTTPStatus.OK)
    headers = _field(response, "headers") or {}
    data = response if isinstance(response, dict) else getattr(response, "data", None)
    code = data.get("error") if isinstance(data, dict) else None
    if code == "ratelimited":
        return SlackRateLimitedError(_pause(headers), _method(response))
    if code in _PERHAPS:
        return SlackUnknownOutcomeError(str(code))
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return SlackRateLimitedError(_pause(headers), _method(response))
    by_status = of_status(status, headers, "")
    if by_status is not None and not isinstance(by_status, SlackRefusedError):
        return by_status
    # slack_sdk puts a sentence where the code stands when the answer was no JSON.
    if isinstance(code, str) and re.fullmatch(r"[a-z][a-z0-9_]{1,80}", code):
        return SlackRefusedError(code, _detail(data))
    return by_status or SlackUnknownOutcomeError("an answer that is not Slack's")


def _field(response: Any, *names: str) -> Any:
    for name in names:
        found = response.get(name) if isinstance(response, dict) else getattr(response, name, None)
        if found is not None:
            return found
    return None


def _method(response: Any) -> str:
    """Return the method that was called: the end of its URL."""
    return str(_field(response, "api_url") or "").rpartition("/")[2]


def _detail(data: Any) -> str:
    messages = (data.get("response_metadata") or {}).get("messages") or data.get("errors") or []
    return "; ".join(str(message) for message in messages)[:300]


def _pause(headers: Mapping[str, Any]) -> timedelta:
    lower = {str(name).lower(): value for name, value in headers.items()}
    value = lower.get("retry-after")
    text = str(value[0] if isinstance(value, list) and value else value)
    if not (text.isascii() and text.isdigit()) or len(text) > 6:  # noqa: PLR2004 - 11 days
        return _DEFAULT_PAUSE
    return min(_LONGEST_PAUSE, timedelta(seconds=max(1, int(text))))


def _of_connection(error: URLError) -> SlackError:
    reason = error.reason
    if isinstance(reason, _NEVER_SENT) or getattr(reason, "errno", None) in _NEVER_SENT_ERRNO:
        return SlackUnavailableError(str(reason))
    return SlackUnknownOutcomeError(str(reason))
