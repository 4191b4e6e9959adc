"""Limits of buttons, selects and the objects inside them."""

import re
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


def _option(option: Any, place: str, report: Report) -> None:
    if not isinstance(option, dict):
        report.add(place, "must be an object")
        return
    report.text(option.get("text"), f"{place}/text", 75)
    report.length(option.get("value"), f"{place}/value", 150)
    report.optional_text(option.get("description"), f"{place}/description", 75, plain=False)
    report.optional_length(option.get("url"), f"{place}/url", 3000)


def _options(values: Any, pointer: str, report: Report, most: int, *, least: int = 1) -> None:
    for number, option in enumerate(report.size(values, pointer, most, least=least)):
        _option(option, f"{pointer}/{number}", report)


def check_options(answer: dict[str, Any], pointer: str, report: Report) -> None:
    """Check `options`, or `option_groups`, of a menu or of the answer that fills one."""
    groups = answer.get("option_groups")
    if groups is None:
        _options(answer.get("options"), f"{pointer}/options", report, 100, least=0)
        return
    for number, group in enumerate(report.size(groups, f"{pointer}/option_groups", 100)):
        place = f"{pointer}/option_groups/{number}"
        inner = group if isinstance(group, dict) else {}
        report.text(inner.get("label"), f"{place}/label", 75, plain=True)
        _options(inner.get("options"), f"{place}/options", report, 100)


def every_option(answer: dict[str, Any]) -> list[Any]:
    """Return the options of a menu, those in groups among them."""
    options = list(answer.get("options") or [])
    for group in answer.get("option_groups") or []:
        options += group["options"]
    return options


def _select(element: dict[str, Any], pointer: str, report: Report) -> None:
    check_options(element, pointer, report)
    if "option_groups" not in element and not element.get("options"):
        report.add(f"{pointer}/options", "no fewer than 1 items required")
    initial = element.get("initial_option")
    if initial is not None and not report.lines and initial not in every_option(element):
        report.add(f"{pointer}/initial_option", "must exactly match one of the options")


def _external(element: dict[str, Any], pointer: str, report: Report) -> None:
    if element.get("options") is not None:
        report.add(f"{pointer}/options", "unsupported: the app is asked for them")
    if element.get("initial_option") is not None:
        _option(element["initial_option"], f"{pointer}/initial_option", report)
    least = element.get("min_query_length")
    if least is not None and (not isinstance(least, int) or least < 0):
        report.add(f"{pointer}/min_query_length", "must be an integer")


def _typed(element: dict[str, Any], pointer: str, report: Report) -> None:
    most, least = element.get("max_length", 3000), element.get("min_length", 0)
    if not isinstance(most, int) or not 1 <= most <= 3000:
        report.add(f"{pointer}/max_length", "must be an integer from 1 to 3000")
        return
    if not isinstance(least, int) or not 0 <= least <= most:
        report.add(f"{pointer}/min_length", "must be an integer from 0 to max_length")
    report.optional_length(element.get("initial_value"), f"{pointer}/initial_value", most)


def _number(element: dict[str, Any], pointer: str, report: Report) -> None:
    if not isinstance(element.get("is_decimal_allowed"), bool):
        report.add(f"{pointer}/is_decimal_allowed", "is required")
    for name in ("initial_value", "min_value", "max_value"):
        value = element.get(name)
        if value is not None and not (isinstance(value, str) and is_number(value)):
            report.add(f"{pointer}/{name}", "must be a number in a string")


def is_number(text: str, *, decimal: bool = True) -> bool:
    """Return whether a person can have typed that into a number_input."""
    pattern = r"-?[0-9]+(\.[0-9]+)?" if decimal else r"-?[0-9]+"
    return re.fullmatch(pattern, text) is not None


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
    "external_select": _external,
    "multi_external_select": _external,
    "plain_text_input": _typed,
    "number_input": _number,
}
ELEMENTS |= dict.fromkeys(
    (
        "users_select",
        "multi_users_select",
        "conversations_select",
        "multi_conversations_select",
        "channels_select",
        "multi_channels_select",
        "datepicker",
        "timepicker",
        "datetimepicker",
        "rich_text_input",
        "email_text_input",
        "url_text_input",
        "file_input",
        "feedback_buttons",
        "icon_button",
    ),
    _anything,
)
