"""Golden files: what a message looks like, kept as JSON beside the tests.

`WAGGLE_REWRITE_GOLDEN=1 pytest tests/unit/rendering` writes them anew; read the diff before you
commit it.
"""

import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bot.domain.message import Content

FOLDER = Path(__file__).parent / "golden"
REWRITE = "WAGGLE_REWRITE_GOLDEN"


def shown(content: Content) -> dict[str, Any]:
    """The content as JSON gives it back, the text by lines (a diff shows which one moved)."""
    plain = json.loads(json.dumps(asdict(content)))
    return {key: _lines(value) for key, value in plain.items() if value not in (None, [])}


def golden(name: str, content: Content) -> dict[str, Any]:
    """The recorded message; recorded now when rewriting is asked for.

    Raises:
        FileNotFoundError: nobody recorded it yet.
    """
    path = FOLDER / f"{name}.json"
    if os.environ.get(REWRITE):
        path.parent.mkdir(exist_ok=True)
        text = json.dumps(shown(content), indent=1, ensure_ascii=False)
        path.write_text(text + "\n", encoding="utf-8")
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def _lines(value: object) -> object:
    return value.split("\n") if isinstance(value, str) and "\n" in value else value
