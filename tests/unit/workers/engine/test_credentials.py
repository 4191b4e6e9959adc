"""A login goes to the Engine in the very bytes of the docker CLI."""

import base64
import json
from pathlib import Path

import pytest

from workers.engine.credentials import HEADER, header_for


def _config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, **auths: dict[str, str]) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"auths": auths}))
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))


def _sent(reference: str) -> str:
    return base64.urlsafe_b64decode(header_for(reference)[HEADER]).decode()


def test_a_login_is_written_as_go_writes_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = base64.b64encode("bée:a<b>&c".encode()).decode()
    _config(tmp_path, monkeypatch, **{"reg.example:5000": {"auth": secret, "email": "x@y"}})
    assert _sent("reg.example:5000/shop/web:1") == (
        '{"username":"bée","password":"a\\u003cb\\u003e\\u0026c",'
        '"serveraddress":"reg.example:5000"}'
    )


def test_a_token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _config(tmp_path, monkeypatch, **{"reg.example": {"auth": "", "identitytoken": "t"}})
    assert _sent("reg.example/web") == '{"identitytoken":"t"}'


def test_without_a_login_nothing_is_sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _config(tmp_path, monkeypatch)
    assert header_for("reg.example/web") == {}
