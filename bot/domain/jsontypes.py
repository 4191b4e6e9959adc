"""Names for the JSON that the Engine speaks.

A spec is kept as the Engine returned it and edited in place of a copy, never rebuilt from typed
objects: fields that this code does not know must survive (docs/adr).
"""

from __future__ import annotations

from typing import Any

JsonObject = dict[str, Any]
"""A JSON object of the Engine, read only where we know a field."""

Spec = JsonObject
"""The raw `Spec` of a service, a node or a network."""

JsonValue = Any
"""Whatever `json.loads` may return."""
