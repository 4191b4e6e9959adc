"""The strict look at a request before Bolt sees it.

Measured on slack-bolt 1.30: odd timestamps or signatures make its verifier raise (a 500 with a
traceback, without any
authentication), and on a wrong signature it logs the whole body. So nothing but a well-formed,
rightly signed, fresh request
gets through to it; its own verifier stays behind this one. A signature is no replay protection:
that is the one-time key
that every command is recorded with.
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
class Signed:
    """What of a request is judged.

    The values of the two headers as often as they were sent, and the raw body.
    """

    timestamps: Sequence[str]
    signatures: Sequence[str]
    body: bytes


def is_genuine(request: Signed, secret: str, now: datetime) -> bool:
    """Return whether Slack signed this request within the last five minutes.

    (HMAC-SHA256 over `v0:{timestamp}:{body}`).
    """
    if len(request.timestamps) != 1 or len(request.signatures) != 1:
        return False
    timestamp, signature = request.timestamps[0], request.signatures[0]
    if not _TIMESTAMP.fullmatch(timestamp) or not _SIGNATURE.fullmatch(signature):
        return False
    if abs(now.timestamp() - int(timestamp)) > MAX_AGE_SECONDS:
        return False
    base = b"v0:" + timestamp.encode() + b":" + request.body
    expected = "v0=" + hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected, signature)
