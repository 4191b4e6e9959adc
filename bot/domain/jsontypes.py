"""The shapes of raw JSON that Waggle passes through unread.

A Swarm spec is edited in the form in which the Engine returned it: fields that we do not know must
survive
(docs/adr/0003-raw-spec-editing.md). So its type is deliberately open.
"""

from typing import Any

JsonObject = dict[str, Any]
Spec = dict[str, Any]
"""A service's `Spec` as the Engine API returns it from GET /services/{id} without.

InsertDefaults.
"""
