"""Whom a use case tells of an error that it did not expect, and went on after."""

from collections.abc import Callable

Report = Callable[[str, Exception], None]
"""Given the record's id and the error; of the error only its type and place may be logged."""


def no_report(record_id: str, error: Exception) -> None:
    """Say nothing about one record's trouble."""
    del record_id, error
