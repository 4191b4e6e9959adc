"""Collects what is wrong, each with the JSON pointer that Slack's own messages carry."""

from typing import Any

ID_MAX = 255


class Report:
    """The complaints about one set of blocks; `lines` read as Slack's `response_metadata`."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def add(self, pointer: str, complaint: str) -> None:
        """Note a complaint about the place `pointer`, such as `/blocks/0/text`."""
        self.lines.append(f"[ERROR] {complaint} [json-pointer:{pointer}]")

    def length(self, value: Any, pointer: str, most: int, *, least: int = 1) -> None:
        """Check that a value is a string of `least` to `most` characters."""
        if not isinstance(value, str):
            self.add(pointer, "must be a string")
        elif len(value) > most:
            self.add(pointer, f"must be less than {most + 1} characters")
        elif len(value) < least:
            self.add(pointer, f"must be more than {least - 1} characters")

    def optional_length(self, value: Any, pointer: str, most: int) -> None:
        """Check the length of a string that may be absent."""
        if value is not None:
            self.length(value, pointer, most, least=0)

    def size(self, value: Any, pointer: str, most: int, *, least: int = 1) -> list[Any]:
        """Check that a value is a list of `least` to `most` items; return its items."""
        if not isinstance(value, list):
            self.add(pointer, "must be an array")
            return []
        if len(value) > most:
            self.add(pointer, f"no more than {most} items allowed")
        if len(value) < least:
            self.add(pointer, f"no fewer than {least} items required")
        return value

    def text(self, value: Any, pointer: str, most: int, *, plain: bool = False) -> None:
        """Check a text object; `plain` demands plain_text."""
        if not isinstance(value, dict):
            self.add(pointer, "must be an object with type and text")
            return
        kinds = ("plain_text",) if plain else ("plain_text", "mrkdwn")
        if value.get("type") not in kinds:
            self.add(f"{pointer}/type", f"must be one of {', '.join(kinds)}")
        self.length(value.get("text"), f"{pointer}/text", most)

    def optional_text(self, value: Any, pointer: str, most: int, *, plain: bool = True) -> None:
        """Check a text object that may be absent."""
        if value is not None:
            self.text(value, pointer, most, plain=plain)
