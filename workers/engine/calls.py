"""HTTP with the Engine: one call in, one JSON out, or one of the port's errors."""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import quote

import docker
import requests

from bot.domain.jsontypes import JsonObject
from bot.ports import EngineUnavailableError, NotFoundError, RegistryUnavailableError
from workers.engine.address import CONNECT_TIMEOUT
from workers.engine.failures import hidden, translated, translated_list
from workers.engine.memo import Memo

READ_TIMEOUT: Final = 10.0
"""Seconds; a manager without a leader answers after 20 s, by then we have asked another."""

BATCH: Final = 400
"""Ids in one call: 14 kB of URL.

The Engine takes 1 MB. A proxy before its socket takes less: HAProxy 15 kB by default
(`tune.bufsize` without `tune.maxrewrite`), nginx 8 kB (`large_client_header_buffers`).
"""

FEWER: Final = 200
"""Ids in one call from when on a URL was found too long: 7 kB."""

_REF = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
_FAILED = 400


class EngineCalls:
    """Calls of the Engine API.

    The client is opened by the first call, so a process can start while the Engine is away, and
    each process has its own. Not for use by several threads at once.

    Attributes:
        memo: what was made of the last answers.
    """

    def __init__(self, opened: Callable[[], docker.APIClient]) -> None:
        self._open = opened
        self._client: docker.APIClient | None = None
        self.memo = Memo()
        self._batch = BATCH

    @property
    def client(self) -> docker.APIClient:
        """The client. Raises EngineUnavailableError."""
        if self._client is None:
            self._client = self._open()
        return self._client

    @property
    def batch(self) -> int:
        """How many ids are asked for in one call."""
        return self._batch

    def asks_for_fewer(self, than: int) -> bool:
        """Ask for fewer ids from now on, as a call for so many was refused for its length.

        Returns False where that is no help: it was no more than are asked for then.
        """
        if min(than, self._batch) <= FEWER:
            return False
        self._batch = FEWER
        return True

    def get(self, path: str, ref: str = "", *, kind: str = "", **params: Any) -> Any:
        """GET `path`; `{0}` in it is `ref`.

        Raises:
            NotFoundError, EngineRefusedError, EngineUnavailableError.
        """
        return self._result(self._got(path, ref, kind, params), kind, ref)

    def body(self, path: str, *, kind: str = "", **params: Any) -> bytes:
        """GET `path`, a list, as JSON that nobody has read yet; errors as `get`, TooLongError."""
        response = self._got(path, "", kind, params)
        if response.status_code >= _FAILED:
            raise translated_list(response.status_code, words_of(response), kind)
        return response.content

    def _got(self, path: str, ref: str, kind: str, params: Mapping[str, Any]) -> requests.Response:
        try:
            return self._try("GET", self._url(path, ref, kind), params=params)
        except requests.ConnectionError:
            # A kept-alive connection that the Engine closed meanwhile; a read may be repeated.
            return self._send("GET", self._url(path, ref, kind), params=params)

    def post(
        self,
        path: str,
        ref: str = "",
        *,
        kind: str,
        body: JsonObject,
        headers: Mapping[str, str] | None = None,
        **params: Any,
    ) -> Any:
        """POST `body` once; see `get` for the errors, OutOfSequenceError besides."""
        url = self._url(path, ref, kind)
        response = self._send("POST", url, params=params, json=body, headers=dict(headers or {}))
        return self._result(response, kind, ref, body)

    def delete(self, path: str, ref: str, *, kind: str, **params: Any) -> None:
        """DELETE once; see `get` for the errors."""
        response = self._send("DELETE", self._url(path, ref, kind), params=params)
        self._result(response, kind, ref)

    def stream(
        self, path: str, ref: str, *, kind: str, within: float = READ_TIMEOUT, **params: Any
    ) -> requests.Response:
        """GET a body that comes bit by bit, waiting `within` seconds for each; errors as `get`."""
        url = self._url(path, ref, kind)
        response = self._send("GET", url, within=within, params=params, stream=True)
        if response.status_code >= _FAILED:
            self._result(response, kind, ref)
        return response

    def distribution(self, reference: str, headers: Mapping[str, str]) -> requests.Response:
        """Let the Engine ask the image's registry; returns its answer, whatever the status.

        Raises:
            RegistryUnavailableError: the Engine got no answer from it in time.
            EngineUnavailableError: the Engine itself did not answer.
        """
        url = self._full("/distribution/{0}/json", reference)
        try:
            return self._try("GET", url, headers=dict(headers))
        except requests.ConnectionError as error:
            raise EngineUnavailableError(_brief(error)) from error
        except EngineUnavailableError as error:
            if isinstance(error.__cause__, requests.ReadTimeout):
                raise RegistryUnavailableError("the registry does not answer") from error
            raise

    def _url(self, path: str, ref: str, kind: str) -> str:
        # Nothing else is a name or an id, and nothing else gets into a path.
        if "{0}" in path and not _REF.fullmatch(ref):
            raise NotFoundError(kind, ref)
        return self._full(path, ref)

    def _full(self, path: str, ref: str) -> str:
        client = self.client
        return f"{client.base_url}/v{client.api_version}{path.format(quote(ref, safe='/:'))}"

    def _send(self, method: str, url: str, **what: Any) -> requests.Response:
        try:
            return self._try(method, url, **what)
        except requests.ConnectionError as error:
            raise EngineUnavailableError(_brief(error)) from error

    def _try(
        self, method: str, url: str, *, within: float = READ_TIMEOUT, **what: Any
    ) -> requests.Response:
        try:
            return self.client.request(method, url, timeout=(CONNECT_TIMEOUT, within), **what)
        except requests.ConnectionError:
            # It may come back as a newer Engine, whose specs have fields that our version of the
            # API would drop: agree on the version again.
            self._client = None
            raise
        except requests.RequestException as error:
            raise EngineUnavailableError(_brief(error)) from error

    def _result(
        self, response: requests.Response, kind: str, ref: str, body: JsonObject | None = None
    ) -> Any:
        if response.status_code < _FAILED:
            return response.json() if response.content else None
        raise translated(response.status_code, hidden(words_of(response), body), kind, ref)


def filters(**wanted: list[str]) -> str:
    """Return the `filters` parameter, without spaces: it may be long, and stands in a URL."""
    named = {name.replace("__", "-"): values for name, values in wanted.items()}
    return json.dumps(named, separators=(",", ":"))


def words_of(response: requests.Response) -> str:
    """Return the Engine's own words in an answer that is not a success."""
    try:
        return str(response.json()["message"])
    except (ValueError, KeyError, TypeError):
        return response.text


def _brief(error: Exception) -> str:
    return f"the Docker Engine does not answer ({type(error).__name__})"
