"""Tags of a repository, by the registry's HTTP API, for did-you-mean.

Protocol: https://distribution.github.io/distribution/spec/api/ (tags, pagination by Link) and
…/spec/auth/token/ (bearer tokens).
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import urljoin, urlsplit

import requests

from bot.ports import NotFoundError, RegistryUnavailableError

DEFAULT_HOST = "registry-1.docker.io"
DEFAULT_NAME = "docker.io"
_TIMEOUT = (3.0, 5.0)
_PAGE = 1000
_MOST_PAGES = 10
_MOST_BYTES = 4 * 1024 * 1024
_UNAUTHORIZED = 401
_NOT_FOUND = 404
_FAILED = 400
_PARAM = re.compile(r'(\w+)="([^"]*)"')
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
    ) -> None:
        self._credentials = credentials
        self._is_insecure = is_insecure

    def tags(self, reference: str) -> list[str]:
        """Return the tags of the repository of `reference`, at most 10,000.

        Raises:
            NotFoundError: kind `image`: the registry has no such repository.
            RegistryUnavailableError: it did not answer, or not as promised, or wants a login.
        """
        where = repository_of(reference)
        with requests.Session() as session:
            session.trust_env = False  # no ~/.netrc: only what docker login left
            try:
                base = self._base(session, where)
                return _Reader(session, where, self._credentials(where.registry)).tags(base)
            except _MissingError as error:
                raise NotFoundError("image", reference) from error
            except (requests.RequestException, ValueError, KeyError, TypeError) as error:
                words = f"the registry {where.registry} does not answer ({type(error).__name__})"
                raise RegistryUnavailableError(words) from error

    def _base(self, session: requests.Session, where: Repository) -> str:
        secure = f"https://{where.host}/v2/"
        try:
            session.get(secure, timeout=_TIMEOUT, allow_redirects=False).close()
        except requests.ConnectionError:
            if not self._is_insecure(where.registry):
                raise
            return f"http://{where.host}/v2/"
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
            found += [str(tag) for tag in _json(answer).get("tags") or []]
            url = _next_page(url, answer)
        return found

    def _get(self, url: str) -> requests.Response:
        answer = self._ask(url, self._authorization)
        if answer.status_code == _UNAUTHORIZED and not self._authorization:
            self._authorization = self._authorize(answer, url)
            answer = self._ask(url, self._authorization)
        if answer.status_code == _NOT_FOUND:
            raise _MissingError
        if answer.status_code >= _FAILED:
            words = f"the registry {self._where.registry} answered {answer.status_code}"
            raise RegistryUnavailableError(words)
        return answer

    def _ask(self, url: str, authorization: str, **params: str) -> requests.Response:
        headers = {"Authorization": authorization} if authorization else {}
        return self._session.get(
            url, headers=headers, params=params, timeout=_TIMEOUT, allow_redirects=False
        )

    def _authorize(self, answer: requests.Response, url: str) -> str:
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
            answer = self._session.post(
                realm,
                data={
                    "grant_type": "refresh_token",
                    "refresh_token": login.password,
                    "service": service,
                    "client_id": "waggle",
                    "scope": scope,
                },
                timeout=_TIMEOUT,
                allow_redirects=False,
            )
        else:
            authorization = _basic(login) if login is not None else ""
            answer = self._ask(realm, authorization, service=service, scope=scope)
        if answer.status_code >= _FAILED:
            raise RegistryUnavailableError(f"the registry {self._where.registry} wants a login")
        body = _json(answer)
        return f"Bearer {body.get('token') or body['access_token']}"


def _basic(login: Login) -> str:
    prepared = requests.Request("GET", "http://x", auth=(login.user, login.password)).prepare()
    return prepared.headers["Authorization"]


def _next_page(url: str, answer: requests.Response) -> str | None:
    match = _NEXT.search(answer.headers.get("Link", ""))
    if match is None:
        return None
    there = urljoin(url, match[1])
    # Credentials go along: a page elsewhere is not asked for.
    return there if urlsplit(there)[:2] == urlsplit(url)[:2] else None


def _json(answer: requests.Response) -> dict[str, Any]:
    if len(answer.content) > _MOST_BYTES:
        raise ValueError("the answer is too long")
    body = answer.json()
    if not isinstance(body, dict):
        raise TypeError("the answer is no object")
    return body
