"""References as the docker CLI writes them."""

from typing import Never

import pytest

from bot.ports import NotFoundError
from workers.engine.calls import EngineCalls
from workers.engine.images import _platform, resolve, with_digest

_D = "sha256:" + "a" * 64


@pytest.mark.parametrize(
    ("reference", "written"),
    [
        ("httpd", f"httpd:latest@{_D}"),
        ("httpd:2.4", f"httpd:2.4@{_D}"),
        ("docker.io/library/httpd:2.4", f"httpd:2.4@{_D}"),
        ("docker.io/shop/web", f"shop/web:latest@{_D}"),
        ("index.docker.io/library/httpd", f"httpd:latest@{_D}"),
        ("10.0.0.1:5000/httpd", f"10.0.0.1:5000/httpd:latest@{_D}"),
        ("10.0.0.1:5000/a/b:v1", f"10.0.0.1:5000/a/b:v1@{_D}"),
        (f"httpd:v1@sha256:{'b' * 64}", f"httpd:v1@sha256:{'b' * 64}"),
    ],
)
def test_the_digest_is_put_in(reference: str, written: str) -> None:
    assert with_digest(reference, _D) == written


@pytest.mark.parametrize("text", ["", "../x", "a//b", "httpd?x=1", "a b", "httpd:", "x@sha256:1"])
def test_what_is_no_reference_does_not_get_into_a_path(text: str) -> None:
    def no_engine() -> Never:
        raise AssertionError("the Engine was asked")

    with pytest.raises(NotFoundError):
        resolve(EngineCalls(no_engine), text)


def test_platforms_name_no_arm() -> None:
    amd = {"architecture": "amd64", "os": "linux", "variant": "v2"}
    assert _platform(amd) == {"Architecture": "amd64", "OS": "linux"}
    assert _platform({"architecture": "ARM", "os": "linux"}) == {"OS": "linux"}
    arm64 = {"architecture": "arm64", "os": "linux", "variant": "v8"}
    assert _platform(arm64) == {"Architecture": "arm64", "OS": "linux"}
