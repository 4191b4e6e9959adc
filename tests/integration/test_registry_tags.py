"""What tags are now, over HTTP: platforms, ages, logins, blobs that are kept elsewhere."""

import base64
import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import Event
from typing import Any

import pytest
import requests

from bot.domain.observation import TagView
from bot.ports import NotFoundError, RegistryUnavailableError
from tests.integration.http_server import Answered, Asked, Served, served
from workers.registry import HttpImageRegistry
from workers.registry.manifests import digest_of
from workers.registry.names import repository_of
from workers.registry.reader import Reader

BUILT = "2026-05-01T10:11:12.123456789Z"
AT = datetime(2026, 5, 1, 10, 11, 12, 123456, tzinfo=UTC)
BASIC = "Basic " + base64.b64encode(b"ann:pw").decode()


@dataclass(frozen=True)
class Login:
    user: str
    password: str


def _digest(blob: bytes) -> str:
    return f"sha256:{hashlib.sha256(blob).hexdigest()}"


@dataclass
class Shelf:
    """A registry with one repository, `web`; `wants` answers who may not.

    Attributes:
        says_digest: it sends Docker-Content-Digest.
        elsewhere: where its blobs are, if not here.
    """

    wants: Callable[[Asked], Answered | None] = lambda asked: None
    says_digest: bool = True
    elsewhere: str = ""
    tags: dict[str, str] = field(default_factory=dict)
    blobs: dict[str, bytes] = field(default_factory=dict)

    def put(self, content: Any) -> str:
        blob = json.dumps(content).encode()
        self.blobs[_digest(blob)] = blob
        return _digest(blob)

    def image(self, created: object = BUILT, *sizes: int) -> str:
        config = self.put({"created": created, "os": "linux"})
        layers = [{"size": size, "digest": "sha256:" + "0" * 64} for size in sizes]
        return self.put({"config": {"digest": config, "size": 10}, "layers": layers})

    def __call__(self, asked: Asked) -> Answered:
        if (refusal := self.wants(asked)) is not None:
            return refusal
        what, _, name = asked.path.removeprefix("/v2/web/").partition("/")
        if what == "tags":
            return Answered(body={"tags": list(self.tags)})
        if what == "blobs" and self.elsewhere:
            return Answered(307, None, {"Location": self.elsewhere + name})
        digest = self.tags.get(name, name)
        if digest not in self.blobs:
            return Answered(404, {"errors": []})
        said = {"Docker-Content-Digest": digest} if self.says_digest else {}
        return Answered(200, self.blobs[digest], said if what == "manifests" else {})


def _look(
    server: Served, *tags: str, login: Login | None = None, patience: float = 15.0
) -> list[TagView]:
    registry = HttpImageRegistry(lambda _: login, lambda _: True, patience=patience)
    return registry.look(f"127.0.0.1:{server.port}/web", tags)


@pytest.mark.parametrize("says_digest", [True, False])
def test_digest_age_and_size(*, says_digest: bool) -> None:
    shelf = Shelf(says_digest=says_digest)
    shelf.tags = {"v1": shelf.image(BUILT, 100, 20)}
    with served(shelf) as server:
        assert _look(server, "v1", "v9") == [
            TagView(name="v1", digest=shelf.tags["v1"], created_at=AT, size=130)
        ]


def test_of_many_platforms_the_usual_one_is_looked_at_and_the_digest_is_of_all() -> None:
    shelf = Shelf()
    arm, amd, other = shelf.image(BUILT, 1), shelf.image(BUILT, 2), shelf.image(BUILT, 3)

    def entry(digest: str, system: str, architecture: str) -> dict[str, Any]:
        return {"digest": digest, "platform": {"os": system, "architecture": architecture}}

    both = [entry(arm, "linux", "arm64"), entry(amd, "linux", "amd64")]
    attested = [entry(other, "unknown", "unknown"), entry(arm, "linux", "arm64")]
    shelf.tags = {
        "both": shelf.put({"manifests": both}),
        "arm": shelf.put({"manifests": attested}),
        "none": shelf.put({"manifests": attested[:1]}),
        "odd": shelf.put({"manifests": ["x", {"digest": "../../x"}]}),
    }
    with served(shelf) as server:
        found = {tag.name: tag for tag in _look(server, *shelf.tags)}
    assert {name: tag.digest for name, tag in found.items()} == shelf.tags
    assert {name: tag.size for name, tag in found.items()} == {
        "both": 12,
        "arm": 11,
        "none": None,
        "odd": None,
    }


@pytest.mark.parametrize("sizes", [[10**400], [2**63], [2**62, 2**62], [-5, 0], ["9"], [1e300]])
def test_a_size_that_is_none_says_nothing(sizes: list[object]) -> None:
    shelf = Shelf()
    layers = [{"size": size} for size in sizes]
    shelf.tags = {"v1": shelf.put({"layers": layers})}
    with served(shelf) as server:
        (tag,) = _look(server, "v1")
    assert (tag.digest, tag.size) == (shelf.tags["v1"], None)


@pytest.mark.parametrize(
    "created",
    [
        *(None, "", "yesterday", 7, BUILT[:-1]),
        *("0001-01-01T00:00:00Z", "1970-01-01T00:00:00Z", "9999-12-31T23:59:59-14:00"),
    ],
)
def test_an_age_that_says_nothing_is_none(created: object) -> None:
    shelf = Shelf()
    shelf.tags = {"v1": shelf.image(created, 1)}
    with served(shelf) as server:
        (tag,) = _look(server, "v1")
    assert (tag.created_at, tag.size, tag.digest) == (None, 11, shelf.tags["v1"])


def test_basic_login_and_none_that_fits() -> None:
    def wants(asked: Asked) -> Answered | None:
        if asked.headers.get("authorization") == BASIC:
            return None
        return Answered(401, {}, {"WWW-Authenticate": 'Basic realm="registry"'})

    shelf = Shelf(wants)
    shelf.tags = {"v1": shelf.image(BUILT, 1)}
    with served(shelf) as server:
        (tag,) = _look(server, "v1", login=Login("ann", "pw"))
        assert tag.created_at == AT
        with pytest.raises(RegistryUnavailableError) as refused:
            _look(server, "v1", login=Login("ann", "wrong"))
        assert "wrong" not in str(refused.value)
        with pytest.raises(RegistryUnavailableError, match="wants a login"):
            _look(server, "v1")


def test_one_token_is_fetched_for_all_of_it() -> None:
    """A token service as of the Distribution spec: for one repository, for reading."""

    def wants(asked: Asked) -> Answered | None:
        if asked.path == "/token":
            right = asked.headers.get("authorization") == BASIC
            right = right and asked.query["scope"] == ["repository:web:pull"]
            return Answered(body={"access_token": "good"}) if right else Answered(401, {})
        if asked.headers.get("authorization") == "Bearer good":
            return None
        port = asked.headers["host"].rpartition(":")[2]
        realm = f'Bearer realm="http://127.0.0.1:{port}/token",service="reg"'
        return Answered(401, {}, {"WWW-Authenticate": realm})

    shelf = Shelf(wants)
    shelf.tags = {f"v{n}": shelf.image(BUILT, n) for n in range(20)}
    with served(shelf) as server:
        found = _look(server, *shelf.tags, login=Login("ann", "pw"))
        assert [tag.size for tag in found] == [n + 10 for n in range(20)]
        assert len([asked for asked in server.asked if asked.path == "/token"]) == 1
        with pytest.raises(RegistryUnavailableError):
            _look(server, "v1", login=Login("ann", "wrong"))


def test_a_blob_that_is_kept_elsewhere_is_read_there_without_the_login() -> None:
    """Without TLS only at the registry itself: here its own address, under another path."""

    def wants(asked: Asked) -> Answered | None:
        if asked.path.startswith("/kept/"):
            return Answered(200, shelf.blobs[asked.path.removeprefix("/kept/")])
        if asked.headers.get("authorization") == BASIC:
            return None
        return Answered(401, {}, {"WWW-Authenticate": 'Basic realm="registry"'})

    shelf = Shelf(wants, elsewhere="/kept/")
    shelf.tags = {"v1": shelf.image(BUILT, 1)}
    with served(shelf) as server:
        (tag,) = _look(server, "v1", login=Login("ann", "pw"))
        kept = [asked for asked in server.asked if asked.path.startswith("/kept/")]
    assert tag.created_at == AT
    assert ["authorization" in asked.headers for asked in kept] == [False]


def test_a_blob_that_is_kept_on_another_host_without_tls_is_not_asked_for() -> None:
    with served(lambda asked: Answered(body={"created": BUILT})) as other:
        shelf = Shelf(elsewhere=f"http://127.0.0.1:{other.port}/")
        shelf.tags = {"v1": shelf.image(BUILT, 1)}
        with served(shelf) as server:
            (tag,) = _look(server, "v1")
        assert other.asked == []
    assert (tag.created_at, tag.size) == (None, 11)


def test_tags_that_do_not_come_in_time_have_their_names() -> None:
    shelf, done = Shelf(), Event()

    def slow(asked: Asked) -> Answered | None:
        if asked.path.endswith("/manifests/slow"):
            done.wait(10)
        return None

    shelf.wants = slow
    shelf.tags = {"v1": shelf.image(BUILT, 1), "slow": shelf.image(BUILT, 2)}
    with served(shelf) as server:
        found = _look(server, "slow", "v1", patience=1.0)
        done.set()
    assert found[0] == TagView(name="slow")
    assert found[1].size == 11


@pytest.mark.parametrize("broken", [b"<html>", b"[]", b"{}", b'{"config": 7}'])
def test_odd_manifests_leave_the_name(broken: bytes) -> None:
    shelf = Shelf()
    shelf.blobs[_digest(broken)] = broken
    shelf.tags = {"v1": _digest(broken)}
    with served(shelf) as server:
        (tag,) = _look(server, "v1")
    assert (tag.name, tag.size, tag.created_at) == ("v1", None, None)


def test_the_digest_alone_costs_no_manifest() -> None:
    """How Docker Hub is asked: it counts what is read of manifests, and not this."""
    shelf = Shelf()
    shelf.tags = {"v1": shelf.image(BUILT, 1)}
    with served(shelf) as server, requests.Session() as session:
        where = repository_of(f"127.0.0.1:{server.port}/web")
        base = f"http://{where.host}/v2/web"
        found = digest_of(Reader(session, where, None), base, "v1")
        methods: Mapping[str, str] = {asked.path: asked.method for asked in server.asked}
    assert found == TagView(name="v1", digest=shelf.tags["v1"])
    assert methods == {"/v2/web/manifests/v1": "HEAD"}


def test_an_unknown_repository() -> None:
    with served(lambda asked: Answered(404, {})) as server, pytest.raises(NotFoundError):
        _look(server, "v1")
