"""A registry behind a token service, as of the Distribution spec, in front of the lab's open one.

https://distribution.github.io/distribution/spec/auth/token/
"""

import base64
from collections.abc import Iterator
from contextlib import contextmanager

import requests

from tests.integration.http_server import Answered, Asked, Served, served

USER, PASSWORD, TOKEN = "bee", "t0ken-service-password", "t0ken-for-one-repository"
_PASSED_ON = ("Docker-Content-Digest", "Content-Type", "Link")


@contextmanager
def token_registry(behind: str) -> Iterator[Served]:
    """Serve the images of `behind` (host:port) on a loopback port, to who has a token."""
    login = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()

    def script(asked: Asked) -> Answered:
        said = asked.headers.get("authorization")
        if asked.path == "/token":
            right = said == login and asked.query.get("scope") == ["repository:httpd:pull"]
            return Answered(body={"token": TOKEN}) if right else Answered(401, {})
        if said == f"Bearer {TOKEN}":
            return _passed_on(behind, asked)
        realm = f'Bearer realm="http://{asked.headers["host"]}/token",service="lab"'
        return Answered(401, {}, {"WWW-Authenticate": realm})

    with served(script) as server:
        yield server


def _passed_on(behind: str, asked: Asked) -> Answered:
    accept = {"Accept": asked.headers.get("accept", "*/*")}
    with requests.Session() as session:
        session.trust_env = False
        found = session.request(
            asked.method, f"http://{behind}{asked.path}", headers=accept, timeout=10
        )
    said = {name: found.headers[name] for name in _PASSED_ON if name in found.headers}
    return Answered(found.status_code, found.content, said)
