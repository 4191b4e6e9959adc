"""Limits of buttons, selects and the objects inside them."""

from collections.abc import Callable
from typing import Any

from playground.workspace.blockkit.report import ID_MAX, Report

Check = Callable[[dict[str, Any], str, Report], None]


def check_element(element: Any, pointer: str, report: Report) -> None:
    """Check an interactive element or an image against its published limits."""
    if not isinstance(element, dict):
        report.add(pointer, "must be an object")
        return
    kind = str(element.get("type"))
    check = ELEMENTS.get(kind)
    if check is None:
        report.add(f"{pointer}/type", f"unsupported type: {kind}")
        return
    report.optional_length(element.get("action_id"), f"{pointer}/action_id", ID_MAX)
    report.optional_text(element.get("placeholder"), f"{pointer}/placeholder", 150)
    if element.get("confirm") is not None:
        _confirm(element["confirm"], f"{pointer}/confirm", report)
    check(element, pointer, report)


def _confirm(confirm: Any, pointer: str, report: Report) -> None:
    if not isinstance(confirm, dict):
        report.add(pointer, "must be an object")
        return
    report.text(confirm.get("title"), f"{pointer}/title", 100, plain=True)
    report.text(confirm.get("text"), f"{pointer}/text", 300)
    for name in ("confirm", "deny"):
        report.optional_text(confirm.get(name), f"{pointer}/{name}", 30)


def _button(element: dict[str, Any], pointer: str, report: Report) -> None:
    report.text(element.get("text"), f"{pointer}/text", 75, plain=True)
    report.optional_length(element.get("value"), f"{pointer}/value", 2000)
    report.optional_length(element.get("url"), f"{pointer}/url", 3000)
    if element.get("style") not in (None, "primary", "danger"):
        report.add(f"{pointer}/style", "must be one of primary, danger")


def _image(element: dict[str, Any], pointer: str, report: Report) -> None:
    report.length(element.get("alt_text"), f"{pointer}/alt_text", 2000)
    if not element.get("image_url") and not element.get("slack_file"):
        report.add(pointer, "image_url or slack_file is required")


def _options(values: Any, pointer: str, report: Report, most: int) -> None:
    for number, option in enumerate(report.size(values, pointer, most)):
        place = f"{pointer}/{number}"
        if not isinstance(option, dict):
            report.add(place, "must be an object")
            continue
        report.text(option.get("text"), f"{place}/text", 75)
        report.length(option.get("value"), f"{place}/value", 150)
        report.optional_text(option.get("description"), f"{place}/description", 75, plain=False)
        report.optional_length(option.get("url"), f"{place}/url", 3000)


def _select(element: dict[str, Any], pointer: str, report: Report) -> None:
    groups = element.get("option_groups")
    if groups is None:
        _options(element.get("options"), f"{pointer}/options", report, 100)
        return
    for number, group in enumerate(report.size(groups, f"{pointer}/option_groups", 100)):
        place = f"{pointer}/option_groups/{number}"
        inner = group if isinstance(group, dict) else {}
        report.text(inner.get("label"), f"{place}/label", 75, plain=True)
        _options(inner.get("options"), f"{place}/options", report, 100)


def _few(most: int) -> Check:
    def check(element: dict[str, Any], pointer: str, report: Report) -> None:
        _options(element.get("options"), f"{pointer}/options", report, most)

    return check


def _anything(element: dict[str, Any], pointer: str, report: Report) -> None:
    """Accept elements whose own limits are not modelled."""
    del element, pointer, report


ELEMENTS: dict[str, Check] = {
    "button": _button,
    "workflow_button": _button,
    "image": _image,
    "overflow": _few(5),
    "radio_buttons": _few(10),
    "checkboxes": _few(10),
    "static_select": _select,
    "multi_static_select": _select,
}
ELEMENTS |= dict.fromkeys(
    (
        "external_select",
        "multi_external_select",
        "users_select",
        "multi_users_select",
        "conversations_select",
        "multi_conversations_select",
        "channels_select",
        "multi_channels_select",
        "datepicker",
        "timepicker",
        "datetimepicker",
        "plain_text_input",
        "rich_text_input",
        "email_text_input",
        "url_text_input",
        "number_input",
        "file_input",
        "feedback_buttons",
        "icon_button",
    ),
    _anything,
)
