"""Only what decides right before it writes has the Engine's writing calls in it."""

import ast
from pathlib import Path

from bot import cli
from tests.unit.ways import WRITERS


def test_the_engine_is_written_to_in_two_places_only() -> None:
    """Each of them decides right before it writes (tests/unit/test_ways_in.py)."""
    found = set()
    root = Path(cli.__file__).parent.parent
    for path in [*root.glob("bot/**/*.py"), *root.glob("workers/**/*.py")]:
        if path.is_relative_to(root / "workers" / "engine"):
            continue  # the adapter itself
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and node.attr in WRITERS:
                found.add((path.relative_to(root).as_posix(), node.attr))
    assert {attribute for _, attribute in found} == WRITERS
    assert {path for path, _ in found} == {
        "bot/usecases/apply_posting.py",
        "bot/usecases/change_effect.py",
    }
