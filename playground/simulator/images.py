"""The images of the simulated registry: repository `httpd`, the tags of the lab's real one.

What playground/lab/images.py does with busybox, these do on the timeline.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from playground.simulator.model.catalog import Catalog

REPOSITORY = "httpd"
_SERVING = ("v1", "v2", "v3", "2.2", "2.4", "latest")
_SECOND = timedelta(seconds=1)
_FIRST = datetime(2026, 1, 1, tzinfo=UTC)
BEHAVIOURS: dict[str, dict[str, Any]] = {tag: {} for tag in _SERVING} | {
    "crash": {
        "ends_in": 0.2 * _SECOND,
        "exit_code": 1,
        "errors": ("crash: no database at db:5432",),
    },
    "sick": {
        "ends_in": 3 * _SECOND,
        "exit_code": 3,
        "errors": ("sick: lost the session store",),
    },
    "health": {"healthy_in": _SECOND},
    "unhealthy": {"unhealthy_in": 2 * _SECOND},
}


def fill(catalog: Catalog, registry: str) -> None:
    """Let a registry (`host:port`) have all of them."""
    for number, (tag, behaviour) in enumerate(BEHAVIOURS.items()):
        made = {"created": _FIRST + timedelta(days=number), "size": 6_700_000 + number}
        catalog.add(f"{registry}/{REPOSITORY}:{tag}", **made, **behaviour)
