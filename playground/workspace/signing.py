"""Slack's request signature, version v0 (docs.slack.dev verifying-requests-from-slack)."""

import hashlib
import hmac


def signed_headers(secret: str, body: bytes, at: float) -> dict[str, str]:
    """Return the two signature headers for a raw body sent at `at` (seconds since the epoch)."""
    stamp = str(int(at))
    base = b"v0:" + stamp.encode() + b":" + body
    digest = hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": f"v0={digest}"}
