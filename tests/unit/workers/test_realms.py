"""Where a registry may send the worker."""

import pytest

from workers.registry.realms import may_ask

PUBLIC = "https://registry.example.com/v2/web/tags/list"
PLAIN = "http://registry.example.com:5000/v2/web/tags/list"
HOME = "http://10.0.0.5:5000/v2/web/tags/list"


@pytest.mark.parametrize(
    ("realm", "registry"),
    [
        ("https://auth.example.com/token", PUBLIC),
        ("https://registry.example.com:5001/token", PUBLIC),
        ("https://8.8.8.8/token", PUBLIC),
        ("https://auth.example.com/token", PLAIN),
        ("http://registry.example.com:5001/token", PLAIN),
        ("http://REGISTRY.example.com./token", PLAIN),
        ("http://10.0.0.5:5001/token", HOME),
        ("https://10.0.0.9/token", HOME),
        ("https://auth.example.com/token", HOME),
        ("http://localhost:5001/token", "http://localhost:5000/v2/"),
        ("https://10.0.0.5/token", "https://10.0.0.5:5000/v2/"),
    ],
)
def test_a_token_service_may_be_asked(realm: str, registry: str) -> None:
    assert may_ask(realm, registry)


@pytest.mark.parametrize("registry", [PUBLIC, PLAIN])
@pytest.mark.parametrize(
    "host",
    [
        *("localhost", "a.localhost", "localhost.", "127.0.0.1", "127.0.0.1.", "127.1"),
        *("2130706433", "0x7f000001", "0177.0.0.1", "0.0.0.0", "169.254.169.254"),
        *("10.0.0.5", "172.16.0.1", "192.168.1.1", "100.64.0.1", "224.0.0.1"),
        *("[::1]", "[::]", "[fe80::1]", "[fe80::1%25eth0]", "[fd00::1]", "[::ffff:127.0.0.1]"),
        *("x@127.0.0.1", "registry.example.com@127.0.0.1", "１２７.0.0.1"),
    ],
)
def test_what_only_the_worker_can_reach_may_not(host: str, registry: str) -> None:
    assert not may_ask(f"https://{host}/token", registry)
    assert not may_ask(f"http://{host}/token", registry)


@pytest.mark.parametrize(
    ("realm", "registry"),
    [
        ("http://auth.example.com/token", PUBLIC),
        ("http://registry.example.com/token", PUBLIC),
        ("http://auth.example.com/token", PLAIN),
        ("http://10.0.0.9:2375/containers/json", HOME),
        ("http://10.0.0.5/token", "https://10.0.0.5:5000/v2/"),
        ("ftp://registry.example.com/token", PUBLIC),
        ("file:///etc/passwd", PUBLIC),
        ("https://", PUBLIC),
        ("token", PUBLIC),
        ("", PUBLIC),
    ],
)
def test_without_tls_only_its_own_host_and_only_if_it_has_none(realm: str, registry: str) -> None:
    assert not may_ask(realm, registry)
