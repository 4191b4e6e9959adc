"""Limits of a modal or an App Home."""

from typing import Any

from playground.workspace.blockkit.message import check_layouts
from playground.workspace.blockkit.report import ID_MAX, Report
from playground.workspace.errors import SlackError

VIEW_BLOCKS = 100


def check_view(view: Any) -> dict[str, Any]:
    """Check a view as views.open, views.update and views.publish take it; return it.

    Raises:
        SlackError: invalid_arguments with the places of what is wrong.
    """
    if not isinstance(view, dict) or view.get("type") not in ("modal", "home"):
        raise SlackError("invalid_arguments", ["[ERROR] must be a modal or home view"])
    report = Report()
    blocks = report.size(view.get("blocks"), "/view/blocks", VIEW_BLOCKS, least=0)
    check_layouts(blocks, report)
    report.optional_length(view.get("private_metadata"), "/view/private_metadata", 3000)
    report.optional_length(view.get("callback_id"), "/view/callback_id", ID_MAX)
    report.optional_length(view.get("external_id"), "/view/external_id", ID_MAX)
    if view["type"] == "modal":
        _check_modal(view, blocks, report)
    if report.lines:
        raise SlackError("invalid_arguments", report.lines)
    return view


def _check_modal(view: dict[str, Any], blocks: list[Any], report: Report) -> None:
    report.text(view.get("title"), "/view/title", 24, plain=True)
    for name in ("submit", "close"):
        report.optional_text(view.get(name), f"/view/{name}", 24)
    has_input = any(isinstance(b, dict) and b.get("type") == "input" for b in blocks)
    if has_input and view.get("submit") is None:
        report.add("/view/submit", "submit is required when a view has input blocks")
