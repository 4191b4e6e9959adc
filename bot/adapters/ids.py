"""Fresh ids."""

import secrets
from typing import Final

ALPHABET: Final = "0123456789abcdefghjkmnpqrstvwxyz"
"""Crockford's base 32, lower-case: no i, l, o, u, so that an id can be read aloud."""

LENGTH: Final = 8
"""40 bits: among 100,000 ids of one kind, two equal ones have a chance of 1 in 200."""


class RandomIds:
    """Implements `bot.ports.Ids`. Should an id come twice, the store's `rev 0` guard refuses it."""

    def new(self, prefix: str) -> str:
        """Return a new id such as `r-7k2mq9xw`."""
        return f"{prefix}-{''.join(secrets.choice(ALPHABET) for _ in range(LENGTH))}"
