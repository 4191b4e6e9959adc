"""The port `ImageRegistry` over HTTP: threads that can be left behind, and what they came to."""

from collections import deque
from collections.abc import Callable, Sequence
from threading import Thread
from time import monotonic

import requests

from bot.domain.observation import TagView
from bot.ports import NotFoundError, RegistryUnavailableError, TagNames
from workers.registry.line import Line
from workers.registry.manifests import details_of, digest_of
from workers.registry.names import DEFAULT_NAME, Repository, repository_of
from workers.registry.reader import TIMEOUT, Login, MissingError, Reader

_ALTOGETHER = 15.0
"""Seconds; `TIMEOUT` is for each piece of an answer, and who drips bytes never breaks it."""

_AT_ONCE = 6
"""Requests at one time: a registry is not ours to flood."""


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
        self._late: list[Thread] = []

    def is_busy(self) -> bool:
        """Return whether a look that took too long has not ended yet.

        Its connections are cut, so it soon does; but to find a host's address can take long.
        """
        self._late = [each for each in self._late if each.is_alive()]
        return bool(self._late)

    def tags(self, reference: str) -> TagNames:
        """Return the tags of the repository of `reference`, at most ten pages and 10,000.

        Raises:
            NotFoundError: kind `image`: the registry has no such repository.
            RegistryUnavailableError: it did not answer, or not as promised, or wants a login.
        """
        search = self._search(reference)
        self._wait(search, reference)
        return search.found

    def look(self, reference: str, tags: Sequence[str]) -> list[TagView]:
        """Return what these tags are now, as far as could be learned in time, several at once.

        Docker Hub counts each manifest that is read as a pull: there the digests alone are asked
        for, which it does not count.

        Raises:
            NotFoundError: kind `image`: the registry has no such repository.
            RegistryUnavailableError: it did not answer at all, or wants a login.
        """
        ends = monotonic() + self._patience
        search = self._search(reference)
        self._wait(search, reference)
        left = deque(tag for tag in tags if tag in search.found.names)
        made: dict[str, TagView] = {}
        looks = [_Look(search, left, made) for _ in range(min(_AT_ONCE, len(left)))]
        for look in looks:
            look.start()
        for look in looks:
            look.join(max(0.0, ends - monotonic()))
        left.clear()
        for look in looks:
            self._leave(look)
        known = dict(made)  # who is late still writes
        return [known.get(tag, TagView(name=tag)) for tag in tags if tag in search.found.names]

    def _search(self, reference: str) -> "_Search":
        where = repository_of(reference)
        login = self._credentials(where.registry)
        return _Search(where, login, is_insecure=self._is_insecure(where.registry))

    def _wait(self, search: "_Search", reference: str) -> None:
        where = search.where
        search.start()
        search.join(self._patience)
        if self._leave(search):
            raise RegistryUnavailableError(f"the registry {where.registry} takes too long")
        match search.problem:
            case MissingError() as error:
                raise NotFoundError("image", reference) from error
            case RegistryUnavailableError() as error:
                raise error
            case Exception() as error:
                words = f"the registry {where.registry} does not answer ({type(error).__name__})"
                raise RegistryUnavailableError(words) from error

    def _leave(self, late: "_Search | _Look") -> bool:
        """Let go of a thread that is still at work, and make it end; return whether it was."""
        if not late.is_alive():
            return False
        late.line.cut()
        self._late.append(late)
        return True


class _Search(Thread):
    """One look for tags; a thread, so that it can be left behind.

    Attributes:
        line: its connections.
        found: the tags, once it has ended.
        problem: what was raised, if anything.
        base: where the registry answers; `authorization` what it wanted.
    """

    def __init__(self, where: Repository, login: Login | None, *, is_insecure: bool) -> None:
        super().__init__(name="registry", daemon=True)
        self.where, self.login = where, login
        self._insecure = is_insecure
        self.line = Line()
        self.found = TagNames()
        self.problem: Exception | None = None
        self.base, self.authorization = "", ""

    def run(self) -> None:
        """Look, and keep what comes of it."""
        try:
            with self.line.session() as http:
                self.base = self._base(http)
                reader = Reader(http, self.where, self.login)
                self.found = reader.tags(self.base)
                self.authorization = reader.authorization
        except Exception as error:  # noqa: BLE001 - the one who waits for it raises it
            self.problem = error

    def _base(self, http: requests.Session) -> str:
        secure = f"https://{self.where.host}/v2/"
        try:
            http.get(secure, timeout=TIMEOUT, allow_redirects=False, stream=True).close()
        except requests.ConnectionError:
            if not self._insecure:
                raise
            return f"http://{self.where.host}/v2/"
        return secure


class _Look(Thread):
    """Takes tags that nobody has looked at yet, until there are none; `line`: its connections."""

    def __init__(self, search: _Search, left: deque[str], made: dict[str, TagView]) -> None:
        super().__init__(name="registry-tag", daemon=True)
        self._search, self._left, self._made = search, left, made
        self.line = Line()

    def run(self) -> None:
        """Look at one after the other; one that cannot be read says nothing but its name."""
        search = self._search
        ask = digest_of if search.where.registry == DEFAULT_NAME else details_of
        base = f"{search.base}{search.where.path}"
        with self.line.session() as http:
            reader = Reader(http, search.where, search.login, search.authorization)
            while self._left:
                try:
                    tag = self._left.popleft()
                except IndexError:
                    return
                try:
                    self._made[tag] = ask(reader, base, tag)
                except Exception:  # noqa: BLE001, S112 - its name is all that is known of it
                    continue
