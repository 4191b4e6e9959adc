"""Limits of what an app answers to block_suggestion."""

from typing import Any

from playground.workspace.blockkit.elements import check_options, every_option
from playground.workspace.blockkit.report import Report
from playground.workspace.errors import SlackError


def check_answer(body: Any) -> list[Any]:
    """Check the options that an app offers for an external menu; return them.

    Raises:
        SlackError: invalid_options with the places of what is wrong.
    """
    if not isinstance(body, dict) or not ("options" in body or "option_groups" in body):
        raise SlackError("invalid_options", ["[ERROR] options or option_groups is required"])
    report = Report()
    check_options(body, "", report)
    if report.lines:
        raise SlackError("invalid_options", report.lines)
    return every_option(body)
