"""Tags of a repository, by the registry's HTTP API, for did-you-mean.

Protocol: https://distribution.github.io/distribution/spec/api/ (tags, pagination by Link) and
…/spec/auth/token/ (bearer tokens).
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from threading import Thread
from typing import Any, Protocol
from urllib.parse import urljoin, urlsplit

import requests

from bot.ports import NotFoundError, RegistryUnavailableError

DEFAULT_HOST = "registry-1.docker.io"
DEFAULT_NAME = "docker.io"
_TIMEOUT = (3.0, 5.0)
_ALTOGETHER = 15.0
"""Seconds; `_TIMEOUT` is for each piece of an answer, and who drips bytes never breaks it."""
_PAGE = 1000
_MOST_PAGES = 10
_MOST_TAGS = 10_000
_MOST_BYTES = 4 * 1024 * 1024
_CHUNK = 64 * 1024
_UNAUTHORIZED = 401
_NOT_FOUND = 404
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
class Repository:
    """Where a reference points: the registry as people write it, and the path in it."""

    registry: str
    path: str

    @property
    def host(self) -> str:
        """The host that answers for the registry."""
        return DEFAULT_HOST if self.registry == DEFAULT_NAME else self.registry


def repository_of(reference: str) -> Repository:
    """Return the repository of `[host[:port]/]path[:tag][@digest]`."""
    name = reference.partition("@")[0]
    first, slash, rest = name.partition("/")
    is_host = slash and ("." in first or ":" in first or first == "localhost")
    registry, path = (first, rest) if is_host else (DEFAULT_NAME, name)
    if registry == "index.docker.io":
        registry = DEFAULT_NAME
    path = path.partition(":")[0]
    if registry == DEFAULT_NAME and "/" not in path:
        path = f"library/{path}"
    return Repository(registry=registry, path=path)


class HttpImageRegistry:
    """Implements bot.ports.ImageRegistry.

    Plain HTTP is spoken only with registries that `is_insecure` names (what the Engine itself
    lists), and only after TLS failed. Credentials go to the registry and to the token service that
    it names, and over TLS, or to a registry that is listed as insecure.
    """

    def __init__(
        self,
        credentials: Callable[[str], Login | None],
        is_insecure: Callable[[str], bool],
        patience: float = _ALTOGETHER,
    ) -> None:
        self._credentials = credentials
        self._is_insecure = is_insecure
        self._patience = patience

    def tags(self, reference: str) -> list[str]:
        """Return the tags of the repository of `reference`, at most 10,000.

        Raises:
            NotFoundError: kind `image`: the registry has no such repository.
            RegistryUnavailableError: it did not answer, or not as promised, or wants a login.
        """
        where = repository_of(reference)
        search = _Search(
            where, self._credentials(where.registry), is_insecure=self._is_insecure(where.registry)
        )
        search.start()
        search.join(self._patience)
        match search.outcome:
            case None:
                raise RegistryUnavailableError(f"the registry {where.registry} takes too long")
            case _MissingError() as error:
                raise NotFoundError("image", reference) from error
            case RegistryUnavailableError() as error:
                raise error
            case Exception() as error:
                words = f"the registry {where.registry} does not answer ({type(error).__name__})"
                raise RegistryUnavailableError(words) from error
            case tags:
                return tags


@dataclass(frozen=True, kw_only=True)
class _Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes


class _Search(Thread):
    """One look for tags; a thread, so that it can be left behind: a job's process ends soon.

    Attributes:
        outcome: the tags, or what was raised; None as long as it goes on.
    """

    def __init__(self, where: Repository, login: Login | None, *, is_insecure: bool) -> None:
        super().__init__(name="registry", daemon=True)
        self._where = where
        self._login = login
        self._insecure = is_insecure
        self.outcome: list[str] | Exception | None = None

    def run(self) -> None:
        """Look, and keep what comes of it."""
        with requests.Session() as session:
            session.trust_env = False  # no ~/.netrc: only what docker login left
            # compressed, a small answer could become any size
            session.headers["Accept-Encoding"] = "identity"
            try:
                base = self._base(session)
                self.outcome = _Reader(session, self._where, self._login).tags(base)
            except Exception as error:  # noqa: BLE001 - the one who waits for it raises it
                self.outcome = error

    def _base(self, session: requests.Session) -> str:
        secure = f"https://{self._where.host}/v2/"
        try:
            session.get(secure, timeout=_TIMEOUT, allow_redirects=False, stream=True).close()
        except requests.ConnectionError:
            if not self._insecure:
                raise
            return f"http://{self._where.host}/v2/"
        return secure


class _MissingError(Exception):
    """The registry has no such repository."""


class _Reader:
    def __init__(self, session: requests.Session, where: Repository, login: Login | None) -> None:
        self._session = session
        self._where = where
        self._login = login
        self._authorization = ""

    def tags(self, base: str) -> list[str]:
        url: str | None = f"{base}{self._where.path}/tags/list?n={_PAGE}"
        found: list[str] = []
        for _ in range(_MOST_PAGES):
            if url is None:
                break
            answer = self._get(url)
            tags = _json(answer).get("tags") or []
            found += [tag for tag in tags if isinstance(tag, str) and _TAG.fullmatch(tag)]
            url = _next_page(url, answer)
        return found[:_MOST_TAGS]

    def _get(self, url: str) -> _Answer:
        answer = self._ask(url, self._authorization)
        if answer.status == _UNAUTHORIZED and not self._authorization:
            self._authorization = self._authorize(answer, url)
            answer = self._ask(url, self._authorization)
        if answer.status == _NOT_FOUND:
            raise _MissingError
        if answer.status >= _FAILED:
            words = f"the registry {self._where.registry} answered {answer.status}"
            raise RegistryUnavailableError(words)
        return answer

    def _ask(self, url: str, authorization: str, **params: str) -> _Answer:
        headers = {"Authorization": authorization} if authorization else {}
        return self._send("GET", url, headers=headers, params=params)

    def _send(self, method: str, url: str, **what: Any) -> _Answer:
        """Ask, without going where a redirect points, and read no more than is sane."""
        with self._session.request(
            method, url, timeout=_TIMEOUT, allow_redirects=False, stream=True, **what
        ) as answer:
            body = b""
            for part in answer.iter_content(_CHUNK):
                body += part
                if len(body) > _MOST_BYTES:
                    raise ValueError("the answer is too long")
            return _Answer(status=answer.status_code, headers=answer.headers, body=body)

    def _authorize(self, answer: _Answer, url: str) -> str:
        challenge = answer.headers.get("WWW-Authenticate", "")
        scheme, _, rest = challenge.partition(" ")
        if scheme.lower() == "basic" and self._login is not None:
            return _basic(self._login)
        if scheme.lower() == "bearer":
            return self._token(dict(_PARAM.findall(rest)), url)
        raise RegistryUnavailableError(f"the registry {self._where.registry} wants a login")

    def _token(self, asked: dict[str, str], url: str) -> str:
        realm = urljoin(url, asked["realm"])
        safe = urlsplit(realm).scheme == "https" or urlsplit(url).scheme == "http"
        login = self._login if safe else None
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
            answer = self._ask(realm, authorization, service=service, scope=scope)
        if answer.status >= _FAILED:
            raise RegistryUnavailableError(f"the registry {self._where.registry} wants a login")
        body = _json(answer)
        return f"Bearer {body.get('token') or body['access_token']}"


def _basic(login: Login) -> str:
    prepared = requests.Request("GET", "http://x", auth=(login.user, login.password)).prepare()
    return prepared.headers["Authorization"]


def _next_page(url: str, answer: _Answer) -> str | None:
    match = _NEXT.search(answer.headers.get("Link", ""))
    if match is None:
        return None
    there = urljoin(url, match[1])
    # Credentials go along: a page elsewhere is not asked for.
    return there if urlsplit(there)[:2] == urlsplit(url)[:2] else None


def _json(answer: _Answer) -> dict[str, Any]:
    body = json.loads(answer.body)
    if not isinstance(body, dict):
        raise TypeError("the answer is no object")
    return body
