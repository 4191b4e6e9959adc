"""Only a well-formed, rightly signed, fresh request gets through to Bolt."""

import hashlib
import hmac
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.slack.precheck import Signed, is_genuine

NOW = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)
SECRET = "8f742231b10e8888abcd99yyyzzz85a5"  # noqa: S105  the length of a real one


def signed(at: datetime = NOW, body: bytes = b"text=ls", secret: str = SECRET) -> Signed:
    stamp = str(int(at.timestamp()))
    digest = hmac.new(secret.encode(), b"v0:" + stamp.encode() + b":" + body, hashlib.sha256)
    return Signed(timestamps=[stamp], signatures=[f"v0={digest.hexdigest()}"], body=body)


def test_a_fresh_rightly_signed_request_passes() -> None:
    assert is_genuine(signed(), SECRET, NOW)


@pytest.mark.parametrize("seconds", [-301, 301, 86_400])
def test_more_than_five_minutes_off_is_refused(seconds: int) -> None:
    assert not is_genuine(signed(NOW + timedelta(seconds=seconds)), SECRET, NOW)


@pytest.mark.parametrize("seconds", [-300, 299])
def test_within_five_minutes_passes(seconds: int) -> None:
    assert is_genuine(signed(NOW + timedelta(seconds=seconds)), SECRET, NOW)


def test_another_secret_is_refused() -> None:
    assert not is_genuine(signed(secret="other"), SECRET, NOW)  # noqa: S106


def test_a_changed_body_is_refused() -> None:
    genuine = signed()
    forged = Signed(timestamps=genuine.timestamps, signatures=genuine.signatures, body=b"text=rm")
    assert not is_genuine(forged, SECRET, NOW)


@pytest.mark.parametrize("stamp", ["", "abc", "9" * 5000, "١٧٩٣٥٣٤٤٠٠", "-1", "1.5", " 1 ", "1\n"])
def test_odd_timestamps_are_refused_without_an_exception(stamp: str) -> None:
    odd = Signed(timestamps=[stamp], signatures=signed().signatures, body=b"text=ls")
    assert not is_genuine(odd, SECRET, NOW)


@pytest.mark.parametrize("signature", ["", "v0=", "v0=é", "V0=" + "a" * 64, "v0=" + "A" * 64])
def test_odd_signatures_are_refused_without_an_exception(signature: str) -> None:
    odd = Signed(timestamps=signed().timestamps, signatures=[signature], body=b"text=ls")
    assert not is_genuine(odd, SECRET, NOW)


@pytest.mark.parametrize("count", [0, 2])
def test_a_header_must_be_there_exactly_once(count: int) -> None:
    genuine = signed()
    stamps, signatures = list(genuine.timestamps) * count, list(genuine.signatures) * count
    assert not is_genuine(
        Signed(timestamps=stamps, signatures=genuine.signatures, body=genuine.body), SECRET, NOW
    )
    assert not is_genuine(
        Signed(timestamps=genuine.timestamps, signatures=signatures, body=genuine.body), SECRET, NOW
    )


@given(st.lists(st.text(), max_size=2), st.lists(st.text(), max_size=2), st.binary())
def test_nothing_made_up_passes_or_raises(
    stamps: list[str], signatures: list[str], body: bytes
) -> None:
    assert not is_genuine(Signed(timestamps=stamps, signatures=signatures, body=body), SECRET, NOW)
