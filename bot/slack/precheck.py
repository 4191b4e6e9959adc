"""The strict look at a request before Bolt sees it.

Measured on slack-bolt 1.30: odd timestamps or signatures make its verifier raise (a 500 with a
traceback, without any authentication), and on a wrong signature it logs the whole body. So nothing
but a well-formed, rightly signed, fresh request gets through to it; its own verifier stays behind
this one. A signature is no replay protection: that is the one-time key that every command is
recorded with.
"""

import hashlib
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

MAX_BODY_BYTES = 512 * 1024
"""More than any payload that Slack sends (a click carries its message: about 60 KiB at most)."""

MAX_AGE_SECONDS = 300
"""Slack docs, verifying requests: older than five minutes is a replay."""

_TIMESTAMP = re.compile(r"[0-9]{1,12}", re.ASCII)
_SIGNATURE = re.compile(r"v0=[0-9a-f]{64}", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class Seal:
    """The two headers of a request, with their values as often as they were sent."""

    timestamps: Sequence[str]
    signatures: Sequence[str]

    def is_well_formed(self, now: datetime) -> bool:
        """Return whether this could be Slack's and is fresh: all that can be said without a body.

        Each header once, in ASCII digits of a sane length, not more than five minutes off.
        """
        if len(self.timestamps) != 1 or len(self.signatures) != 1:
            return False
        timestamp, signature = self.timestamps[0], self.signatures[0]
        if not _TIMESTAMP.fullmatch(timestamp) or not _SIGNATURE.fullmatch(signature):
            return False
        return abs(now.timestamp() - int(timestamp)) <= MAX_AGE_SECONDS


def is_genuine(seal: Seal, body: bytes, secret: str, now: datetime) -> bool:
    """Return whether Slack signed this body within the last five minutes.

    HMAC-SHA256 over `v0:{timestamp}:{body}` (Slack docs, verifying requests).
    """
    if not seal.is_well_formed(now):
        return False
    base = b"v0:" + seal.timestamps[0].encode() + b":" + body
    expected = "v0=" + hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected, seal.signatures[0])
