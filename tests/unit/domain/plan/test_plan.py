from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.domain.errors import BadFlagValue
from bot.domain.images import familiar, short, split, with_default_tag
from bot.domain.plan import Kind, fingerprint
from tests.builders import a_plan, a_spec

DIGEST = "sha256:" + "a" * 64


@pytest.mark.parametrize(
    "change",
    [
        {"cluster": "eu"},
        {"service": "api"},
        {"service_id": None},
        {"kind": Kind.SCALE},
        {"base_hash": "other"},
        {"desired_hash": "other"},
        {"digest_old": "sha256:x"},
        {"digest_new": "sha256:x"},
        {"policy_hash": "other"},
        {"to_revision": 3},
    ],
)
def test_the_fingerprint_binds(change: dict[str, Any]) -> None:
    assert fingerprint(replace(a_plan(), **change)) != fingerprint(a_plan())


@pytest.mark.parametrize(
    "change", [{"changes": ()}, {"warnings": ("x",)}, {"fingerprint": "x"}, {"desired": a_spec()}]
)
def test_the_fingerprint_does_not_bind_wording(change: dict[str, Any]) -> None:
    assert fingerprint(replace(a_plan(), **change)) == fingerprint(a_plan())


def test_digests_cannot_change_places() -> None:
    one = fingerprint(a_plan(digest_old="a", digest_new="b"))
    assert one != fingerprint(a_plan(digest_old="b", digest_new="a"))


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("httpd", ("httpd", "", "")),
        ("shop/web:2.4", ("shop/web", "2.4", "")),
        ("10.1.0.254:5000/httpd", ("10.1.0.254:5000/httpd", "", "")),
        ("reg.example:5000/a/b:v1", ("reg.example:5000/a/b", "v1", "")),
        (f"httpd:2@{DIGEST}", ("httpd", "2", DIGEST)),
        (f"httpd@{DIGEST}", ("httpd", "", DIGEST)),
        ("[::1]:5000/web:1", ("[::1]:5000/web", "1", "")),
    ],
)
def test_split(text: str, parts: tuple[str, str, str]) -> None:
    found = split(text)
    assert (found.repository, found.tag, found.digest) == parts
    assert str(found) == text


@pytest.mark.parametrize("text", ["", "HTTPD Server", "a b", "web:", "web@sha256:12", ":v1"])
def test_no_reference(text: str) -> None:
    with pytest.raises(BadFlagValue, match="not an image reference"):
        split(text)


def test_the_default_tag() -> None:
    assert str(with_default_tag(split("httpd"))) == "httpd:latest"
    assert str(with_default_tag(split(f"httpd@{DIGEST}"))) == f"httpd@{DIGEST}"
    assert str(with_default_tag(split("httpd:2"))) == "httpd:2"


def test_said_shortly() -> None:
    assert familiar(f"httpd:2@{DIGEST}") == "httpd:2"
    assert short(f"httpd:2@{DIGEST}") == "httpd:2@sha256:" + "a" * 12
    assert short("httpd:2") == "httpd:2"
