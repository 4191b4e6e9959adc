"""A registry's HTTP API, a request at a time: logins, limits, pages.

Protocol: https://distribution.github.io/distribution/spec/api/ (tags, pagination by Link) and
…/spec/auth/token/ (bearer tokens).
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from time import monotonic
from typing import Any, Protocol
from urllib.parse import urljoin, urlsplit

import requests
from urllib3.exceptions import HTTPError

from bot.ports import RegistryUnavailableError, TagNames
from workers.registry.names import Repository
from workers.registry.realms import may_ask

TIMEOUT = (3.0, 5.0)
"""Seconds: to connect, and for each piece of an answer. Who drips bytes never breaks it."""

WITHIN = 15.0
"""Seconds for one whole answer, from when it is asked for."""

_PAGE = 1000
_MOST_PAGES = 10
_MOST_TAGS = 10_000
_MOST_BYTES = 4 * 1024 * 1024
_CHUNK = 64 * 1024
_UNAUTHORIZED = 401
_NOT_FOUND = 404
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_ELSEWHERE = 300
_FAILED = 400
_PARAM = re.compile(r'(\w+)="([^"]*)"')
_TAG = re.compile(r"\w[\w.-]{0,127}", re.ASCII)
_NEXT = re.compile(r'<([^>]+)>\s*;\s*rel="?next"?')


class Login(Protocol):
    """A user and a password, or an identity token as the password of user `<token>`."""

    @property
    def user(self) -> str:
        """The user's name."""
        ...

    @property
    def password(self) -> str:
        """The password or token."""
        ...


@dataclass(frozen=True, kw_only=True)
class Answer:
    """A whole answer; `headers` whatever the case of their names."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class MissingError(Exception):
    """The registry has no such repository."""


class Reader:
    """Reads one repository, in one thread.

    Credentials go to the registry and to the token service that it names, and over TLS, or to a
    registry that is listed as insecure. What else a registry names is asked only as `may_ask` says.

    Attributes:
        authorization: what the registry asked for, once it did; another reader may begin with it.
    """

    def __init__(
        self,
        session: requests.Session,
        where: Repository,
        login: Login | None,
        authorization: str = "",
        within: float = WITHIN,
    ) -> None:
        self._session = session
        self._where = where
        self._login = login
        self.authorization = authorization
        self._within = within

    def tags(self, base: str) -> TagNames:
        """Return the names of the tags, at most ten pages and 10,000.

        Raises:
            MissingError: there is no such repository.
            RegistryUnavailableError: it wants a login, or says no.
        """
        url: str | None = f"{base}{self._where.path}/tags/list?n={_PAGE}"
        found: list[str] = []
        goes_on = False
        for _ in range(_MOST_PAGES):
            if url is None:
                break
            answer = self.get(url)
            tags = as_object(answer).get("tags") or []
            found += [tag for tag in tags if isinstance(tag, str) and _TAG.fullmatch(tag)]
            goes_on = _NEXT.search(answer.headers.get("Link", "")) is not None
            url = _next_page(url, answer)
        is_cut = goes_on or len(found) > _MOST_TAGS
        return TagNames(names=tuple(found[:_MOST_TAGS]), is_cut=is_cut)

    def get(self, url: str, *, method: str = "GET", accept: str = "") -> Answer:
        """Ask the registry; log in when it wants that.

        Raises:
            MissingError: it has no such thing.
            RegistryUnavailableError: it wants another login, or says no.
        """
        answer = self._ask(method, url, self.authorization, accept)
        if answer.status == _UNAUTHORIZED and not self.authorization:
            self.authorization = self._authorize(answer, url)
            answer = self._ask(method, url, self.authorization, accept)
        if answer.status == _NOT_FOUND:
            raise MissingError
        if answer.status >= _FAILED:
            raise RegistryUnavailableError(f"{self._named} answered {answer.status}")
        return answer

    def blob(self, url: str) -> Answer:
        """Ask for a blob; where the registry keeps them elsewhere, that place is asked, once.

        It gets no credentials. It must have TLS, or be the registry itself, and `may_ask` allow it.

        Raises:
            MissingError, RegistryUnavailableError: as `get`.
        """
        answer = self.get(url)
        if answer.status not in _REDIRECTS:
            return answer
        there = urljoin(url, answer.headers.get("Location", ""))
        if urlsplit(there).scheme != "https" and urlsplit(there)[:2] != urlsplit(url)[:2]:
            raise RegistryUnavailableError(f"{self._named} keeps its blobs where there is no TLS")
        if not may_ask(there, url):
            raise RegistryUnavailableError(
                f"{self._named} keeps its blobs where Waggle does not ask"
            )
        return self._send("GET", there)

    def _ask(self, method: str, url: str, authorization: str, accept: str = "") -> Answer:
        headers = {"Authorization": authorization} if authorization else {}
        if accept:
            headers["Accept"] = accept
        return self._send(method, url, headers=headers)

    def _send(self, method: str, url: str, **what: Any) -> Answer:
        """Ask, without going where a redirect points, and read no more or longer than is sane."""
        ends = monotonic() + self._within
        with self._session.request(
            method, url, timeout=TIMEOUT, allow_redirects=False, stream=True, **what
        ) as answer:
            body = self._body(answer, ends)
            return Answer(status=answer.status_code, headers=answer.headers, body=body)

    def _body(self, answer: requests.Response, ends: float) -> bytes:
        body = b""
        try:
            # read1: whatever has come; to wait for a whole chunk could take for ever
            while part := answer.raw.read1(_CHUNK, decode_content=True):
                body += part
                if len(body) > _MOST_BYTES:
                    raise ValueError("the answer is too long")
                if monotonic() > ends:
                    raise RegistryUnavailableError(f"{self._named} takes too long")
        except HTTPError as error:
            raise RegistryUnavailableError(f"{self._named} broke off its answer") from error
        return body

    @property
    def _named(self) -> str:
        return f"the registry {self._where.registry}"

    def _authorize(self, answer: Answer, url: str) -> str:
        challenge = answer.headers.get("WWW-Authenticate", "")
        scheme, _, rest = challenge.partition(" ")
        if scheme.lower() == "basic" and self._login is not None:
            return _basic(self._login)
        if scheme.lower() == "bearer":
            return self._token(dict(_PARAM.findall(rest)), url)
        raise RegistryUnavailableError(f"{self._named} wants a login")

    def _token(self, asked: dict[str, str], url: str) -> str:
        realm = urljoin(url, asked["realm"])
        if not may_ask(realm, url):
            words = f"{self._named} sends Waggle for a token to a place that it does not ask"
            raise RegistryUnavailableError(words)
        login = self._login
        scope = f"repository:{self._where.path}:pull"
        service = asked.get("service", "")
        if login is not None and login.user == "<token>":
            answer = self._send(
                "POST",
                realm,
                data={
                    "grant_type": "refresh_token",
                    "refresh_token": login.password,
                    "service": service,
                    "client_id": "waggle",
                    "scope": scope,
                },
            )
        else:
            authorization = _basic(login) if login is not None else ""
            headers = {"Authorization": authorization} if authorization else {}
            asking = {"service": service, "scope": scope}
            answer = self._send("GET", realm, headers=headers, params=asking)
        if answer.status >= _ELSEWHERE:
            raise RegistryUnavailableError(f"{self._named} wants a login")
        body = as_object(answer)
        return f"Bearer {body.get('token') or body['access_token']}"


def _basic(login: Login) -> str:
    prepared = requests.Request("GET", "http://x", auth=(login.user, login.password)).prepare()
    return prepared.headers["Authorization"]


def _next_page(url: str, answer: Answer) -> str | None:
    match = _NEXT.search(answer.headers.get("Link", ""))
    if match is None:
        return None
    there = urljoin(url, match[1])
    # Credentials go along: a page elsewhere is not asked for.
    return there if urlsplit(there)[:2] == urlsplit(url)[:2] else None


def as_object(answer: Answer) -> dict[str, Any]:
    """Return an answer's JSON.

    Raises:
        ValueError, TypeError: it is none, or no object.
    """
    body = json.loads(answer.body)
    if not isinstance(body, dict):
        raise TypeError("the answer is no object")
    return body
