"""A modal as text, and what one types into it."""

from dataclasses import dataclass, field
from typing import Any

from playground.workspace.client import Json, WorkspaceClient
from playground.workspace.errors import ControlError

ORDERS = ":set FIELD VALUE, :submit, :close"


@dataclass
class Modal:
    """The modal in which a person is typing.

    Attributes:
        typed: field → value, until it is submitted or closed.
    """

    client: WorkspaceClient
    typed: dict[str, str] = field(default_factory=dict)

    def top(self, user: str) -> Json:
        """Return the topmost modal.

        Raises:
            ControlError: none is open.
        """
        people = self.client.state()["people"]
        number = next(p["id"] for p in people if p["name"] == user)
        view = self.client.modal(number)
        if view is None:
            raise ControlError("no modal is open")
        return view

    def drawn(self, user: str) -> str:
        """Return the topmost modal as text."""
        body = self.top(user)["body"]
        lines = [f"┌ {body['title']['text']}"]
        for block in body["blocks"]:
            lines += [f"│ {line}" for line in self._block(block).splitlines()]
        submit = (body.get("submit") or {}).get("text")
        told = f":submit is “{submit}”, :close" if submit else ":close"
        return "\n".join(
            [*lines, f"└ {f':set FIELD VALUE, {told}' if self._inputs(body) else told}"]
        )

    def set(self, user: str, name: str, value: str) -> None:
        """Type into a field; a menu's options are asked for, as Slack does.

        Raises:
            ControlError: there is no such field.
        """
        inputs = self._inputs(self.top(user)["body"])
        if name not in inputs:
            raise ControlError(f"there is no field {name!r}, only: {', '.join(inputs) or 'none'}")
        if inputs[name]["type"] == "external_select":
            offered = [word for _, word in self.client.suggest(user, name, value)]
            if value not in offered:
                raise ControlError(f"it offers: {', '.join(offered[:10]) or 'nothing'}")
        self.typed[name] = value

    def submit(self, user: str) -> str:
        """Submit; return what is wrong, a line a field, empty when nothing is."""
        raw = self.client.control("submit_view", user=user, values=self.typed)
        errors: dict[str, Any] = raw["errors"]
        if not errors:
            self.typed.clear()
        return "\n".join(f"! {name}: {text}" for name, text in errors.items())

    def close(self, user: str) -> None:
        """Close the topmost modal."""
        self.client.control("close_view", user=user)
        self.typed.clear()

    def _inputs(self, body: Json) -> dict[str, Json]:
        found = [b for b in body["blocks"] if b["type"] == "input"]
        return {block["element"]["action_id"]: block["element"] for block in found}

    def _block(self, block: Json) -> str:
        if block["type"] == "input":
            element = block["element"]
            name = element["action_id"]
            option = element.get("initial_option") or {}
            standing = element.get("initial_value") or option.get("value") or ""
            value = self.typed.get(name, standing).replace("\n", " | ")
            return f"{name}: {value}"
        if block["type"] == "section":
            return str(block["text"]["text"])
        return "\n".join(str(e["text"]) for e in block.get("elements", []) if "text" in e)
