"""Only a well-formed, rightly signed, fresh request gets through to Bolt."""

import hashlib
import hmac
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.slack.precheck import Seal, is_genuine

NOW = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)
SECRET = "8f742231b10e8888abcd99yyyzzz85a5"


BODY = b"text=ls"


def signed(at: datetime = NOW, secret: str = SECRET) -> Seal:
    stamp = str(int(at.timestamp()))
    digest = hmac.new(secret.encode(), b"v0:" + stamp.encode() + b":" + BODY, hashlib.sha256)
    return Seal(timestamps=[stamp], signatures=[f"v0={digest.hexdigest()}"])


def test_a_fresh_rightly_signed_request_passes() -> None:
    assert is_genuine(signed(), BODY, SECRET, NOW)


@pytest.mark.parametrize("seconds", [-301, 301, 86_400])
def test_more_than_five_minutes_off_is_refused(seconds: int) -> None:
    assert not is_genuine(signed(NOW + timedelta(seconds=seconds)), BODY, SECRET, NOW)


@pytest.mark.parametrize("seconds", [-300, 299])
def test_within_five_minutes_passes(seconds: int) -> None:
    assert is_genuine(signed(NOW + timedelta(seconds=seconds)), BODY, SECRET, NOW)


def test_another_secret_is_refused() -> None:
    assert not is_genuine(signed(secret="other"), BODY, SECRET, NOW)


def test_a_changed_body_is_refused() -> None:
    assert not is_genuine(signed(), b"text=rm", SECRET, NOW)


@pytest.mark.parametrize("stamp", ["", "abc", "9" * 5000, "١٧٩٣٥٣٤٤٠٠", "-1", "1.5", " 1 ", "1\n"])
def test_odd_timestamps_are_refused_without_an_exception(stamp: str) -> None:
    odd = Seal(timestamps=[stamp], signatures=signed().signatures)
    assert not is_genuine(odd, BODY, SECRET, NOW)


@pytest.mark.parametrize("signature", ["", "v0=", "v0=é", "V0=" + "a" * 64, "v0=" + "A" * 64])
def test_odd_signatures_are_refused_without_an_exception(signature: str) -> None:
    odd = Seal(timestamps=signed().timestamps, signatures=[signature])
    assert not is_genuine(odd, BODY, SECRET, NOW)


@pytest.mark.parametrize("count", [0, 2])
def test_a_header_must_be_there_exactly_once(count: int) -> None:
    genuine = signed()
    stamps, signatures = list(genuine.timestamps) * count, list(genuine.signatures) * count
    for odd in (
        Seal(timestamps=stamps, signatures=genuine.signatures),
        Seal(timestamps=genuine.timestamps, signatures=signatures),
    ):
        assert not odd.is_well_formed(NOW)
        assert not is_genuine(odd, BODY, SECRET, NOW)


@given(st.lists(st.text(), max_size=2), st.lists(st.text(), max_size=2), st.binary())
def test_nothing_made_up_passes_or_raises(
    stamps: list[str], signatures: list[str], body: bytes
) -> None:
    assert not is_genuine(Seal(timestamps=stamps, signatures=signatures), body, SECRET, NOW)
