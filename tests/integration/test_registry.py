"""Tags over HTTP: pages, logins, and who is spoken to without TLS."""

import base64
from collections.abc import Callable
from dataclasses import dataclass
from threading import Event

import pytest

from bot.ports import NotFoundError, RegistryUnavailableError, TagNames
from tests.integration.http_server import Answered, Asked, served
from workers.registry import HttpImageRegistry, repository_of


@dataclass(frozen=True)
class Login:
    user: str
    password: str


def _registry(
    login: Login | None = None, is_insecure: Callable[[str], bool] = lambda host: True
) -> HttpImageRegistry:
    return HttpImageRegistry(lambda host: login, is_insecure)


@pytest.mark.parametrize(
    ("reference", "registry", "path", "host"),
    [
        ("httpd", "docker.io", "library/httpd", "registry-1.docker.io"),
        ("httpd:2.4", "docker.io", "library/httpd", "registry-1.docker.io"),
        ("shop/web:2", "docker.io", "shop/web", "registry-1.docker.io"),
        ("docker.io/httpd", "docker.io", "library/httpd", "registry-1.docker.io"),
        ("index.docker.io/a/b", "docker.io", "a/b", "registry-1.docker.io"),
        ("localhost/web", "localhost", "web", "localhost"),
        ("10.0.0.1:5000/a/b:v1@sha256:ab", "10.0.0.1:5000", "a/b", "10.0.0.1:5000"),
        ("ghcr.io/a/b", "ghcr.io", "a/b", "ghcr.io"),
    ],
)
def test_where_a_reference_points(reference: str, registry: str, path: str, host: str) -> None:
    found = repository_of(reference)
    assert (found.registry, found.path, found.host) == (registry, path, host)


def test_all_pages_are_read() -> None:
    def script(asked: Asked) -> Answered:
        if "last" in asked.query:
            return Answered(body={"name": "web", "tags": ["v3"]})
        link = '</v2/web/tags/list?last=v2&n=1000>; rel="next"'
        return Answered(body={"name": "web", "tags": ["v1", "v2"]}, headers={"Link": link})

    with served(script) as server:
        assert _registry().tags(f"127.0.0.1:{server.port}/web:v9") == TagNames(
            names=("v1", "v2", "v3")
        )


def test_a_page_elsewhere_is_not_asked_for() -> None:
    def script(asked: Asked) -> Answered:
        link = '<http://127.0.0.1:9/v2/web/tags/list?last=v2>; rel="next"'
        return Answered(body={"tags": ["v1"]}, headers={"Link": link})

    with served(script) as server:
        assert _registry().tags(f"127.0.0.1:{server.port}/web") == TagNames(
            names=("v1",), is_cut=True
        )


def test_pages_without_end_do_end() -> None:
    def script(asked: Asked) -> Answered:
        link = '</v2/web/tags/list?last=v1>; rel="next"'
        return Answered(body={"tags": ["v1"]}, headers={"Link": link})

    with served(script) as server:
        assert _registry().tags(f"127.0.0.1:{server.port}/web") == TagNames(
            names=("v1",) * 10, is_cut=True
        )


def test_no_more_is_read_than_a_list_of_tags_can_be() -> None:
    """Who types an image's name chooses the registry that the worker asks."""
    with (
        served(lambda asked: Answered(body=b" " * 5_000_000)) as server,
        pytest.raises(RegistryUnavailableError, match="ValueError"),
    ):
        _registry().tags(f"127.0.0.1:{server.port}/web")


def test_a_registry_that_keeps_one_waiting_is_left() -> None:
    def script(asked: Asked) -> Answered:
        done.wait(10)
        return Answered(body={"tags": ["v1"]})

    done = Event()
    with served(script) as server:
        impatient = HttpImageRegistry(lambda host: None, lambda host: True, patience=0.2)
        with pytest.raises(RegistryUnavailableError, match="takes too long"):
            impatient.tags(f"127.0.0.1:{server.port}/web")
        done.set()


def test_what_is_no_tag_is_dropped_and_what_is_too_much() -> None:
    bad = ["<!channel>", "a b", "", "x" * 129, "`v`", 7, None, {"v": 1}, "v1\n"]
    many = [f"v{number}" for number in range(12_000)]
    with served(lambda asked: Answered(body={"tags": [*bad, *many]})) as server:
        assert _registry().tags(f"127.0.0.1:{server.port}/web") == TagNames(
            names=tuple(many[:10_000]), is_cut=True
        )


def test_plain_http_only_where_the_engine_allows_it() -> None:
    with served(lambda asked: Answered(body={"tags": ["v1"]})) as server:
        with pytest.raises(RegistryUnavailableError):
            _registry(is_insecure=lambda host: False).tags(f"127.0.0.1:{server.port}/web")
        assert [asked for asked in server.asked if asked.method == "GET"] == []


def test_basic_login() -> None:
    expected = "Basic " + base64.b64encode(b"ann:pw").decode()

    def script(asked: Asked) -> Answered:
        if asked.headers.get("authorization") == expected:
            return Answered(body={"tags": ["v1"]})
        return Answered(401, {}, {"WWW-Authenticate": 'Basic realm="registry"'})

    with served(script) as server:
        image = f"127.0.0.1:{server.port}/web"
        assert _registry(Login("ann", "pw")).tags(image).names == ("v1",)
        for login in (None, Login("ann", "wrong")):
            with pytest.raises(RegistryUnavailableError):
                _registry(login).tags(image)


def _token_service(asked: Asked) -> Answered:
    port = asked.headers["host"].rpartition(":")[2]
    if asked.path == "/token":
        return Answered(body={"token": "good"})
    if asked.headers.get("authorization") == "Bearer good":
        return Answered(body={"tags": ["v1"]})
    realm = f'Bearer realm="http://127.0.0.1:{port}/token",service="reg"'
    return Answered(401, {}, {"WWW-Authenticate": realm})


def test_a_bearer_token_is_fetched_with_the_login() -> None:
    with served(_token_service) as server:
        image = f"127.0.0.1:{server.port}/shop/web:v1"
        assert _registry(Login("ann", "pw")).tags(image).names == ("v1",)
        token = next(asked for asked in server.asked if asked.path == "/token")
    assert token.query == {"service": ["reg"], "scope": ["repository:shop/web:pull"]}
    assert token.headers["authorization"].startswith("Basic ")


def test_a_bearer_token_without_a_login_and_with_an_identity_token() -> None:
    with served(_token_service) as server:
        image = f"127.0.0.1:{server.port}/shop/web:v1"
        assert _registry().tags(image).names == ("v1",)
        assert _registry(Login("<token>", "refresh-me")).tags(image).names == ("v1",)
        anonymous, refreshed = (asked for asked in server.asked if asked.path == "/token")
    assert "authorization" not in anonymous.headers
    assert refreshed.method == "POST"
    assert b"refresh_token=refresh-me" in refreshed.body


def _token_wanted(realm: str) -> Answered:
    return Answered(401, {}, {"WWW-Authenticate": f'Bearer realm="{realm}",service="reg"'})


def test_a_registry_does_not_choose_whom_the_worker_asks() -> None:
    """A token service on another host, without TLS: 127.0.0.2 is this machine, too."""
    with served(lambda asked: Answered(body={"token": "good"})) as other:
        realm = f"http://127.0.0.2:{other.port}/containers/json"
        with (
            served(lambda asked: _token_wanted(realm)) as server,
            pytest.raises(RegistryUnavailableError, match="does not ask"),
        ):
            _registry(Login("ann", "pw")).tags(f"127.0.0.1:{server.port}/web")
        assert other.asked == []


def test_a_token_service_sends_the_worker_nowhere_else() -> None:
    with served(lambda asked: Answered(body={"token": "good"})) as other:
        there = {"Location": f"http://127.0.0.1:{other.port}/"}

        def script(asked: Asked) -> Answered:
            if asked.path == "/token":
                return Answered(302, {"token": "good"}, there)
            return _token_wanted("/token")

        with (
            served(script) as server,
            pytest.raises(RegistryUnavailableError, match="wants a login"),
        ):
            _registry().tags(f"127.0.0.1:{server.port}/web")
        assert other.asked == []


@pytest.mark.parametrize(
    "answer",
    [
        Answered(500),
        Answered(403, {"errors": []}),
        Answered(302, None, {"Location": "http://127.0.0.1:9/"}),
        Answered(200, b"<html>"),
        Answered(200, ["no object"]),
        Answered(401, {}, {"WWW-Authenticate": "Bearer"}),
        Answered(401, {}, {}),
        Answered(0),
    ],
)
def test_odd_answers_are_no_tags(answer: Answered) -> None:
    with served(lambda asked: answer) as server, pytest.raises(RegistryUnavailableError):
        _registry().tags(f"127.0.0.1:{server.port}/web")


def test_an_unknown_repository() -> None:
    with served(lambda asked: Answered(404, {"errors": []})) as server:
        with pytest.raises(NotFoundError) as unknown:
            _registry().tags(f"127.0.0.1:{server.port}/web")
        assert unknown.value.kind == "image"
