"""What the documentation says of the policy file is true."""

import re
from pathlib import Path
from typing import Any

import pytest

from config.policy_model import Approvals, Environment, Freeze, Notify, schema
from config.policy_words import Event
from tests.unit.config.policies import reading_of

DOCS = Path(__file__).parents[3] / "docs"
REFERENCE = (DOCS / "reference/policy.md").read_text(encoding="utf-8")


def examples(page: str) -> list[str]:
    return re.findall(
        r"^```yaml\n(.*?)^```", (DOCS / page).read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )


def test_the_complete_example_is_valid_without_a_warning() -> None:
    (text,) = examples("how-to/write-your-policy.md")
    reading = reading_of(text)
    assert (reading.problems, reading.warnings) == ((), ())
    assert reading.values is not None


def test_the_weekend_freeze_is_valid() -> None:
    (text,) = examples("how-to/weekend-freeze.md")
    reading = reading_of(f"version: 1\n{text}")
    assert reading.problems == ()
    assert reading.values is not None
    first, second = reading.values["environments"]["production"]["freeze"]
    assert (first["passes"], second["passes"]) == (("rollback",), ())


def keys() -> set[str]:
    found: set[str] = set()

    def walk(part: Any) -> None:
        if isinstance(part, dict):
            found.update(part.get("properties", {}))
            for value in part.values():
                walk(value)

    walk(schema())
    return found


def test_every_key_is_in_the_reference_and_no_other() -> None:
    rows = re.findall(r"^\| ([^|]+) \|", REFERENCE, re.MULTILINE)
    named = {word for row in rows for word in re.findall(r"`(\w+)`", row)}
    rights = {"read", "scale", "rollback", "create", "remove", "lock", "approve", "break_glass"}
    assert keys() - {"defaults"} <= named
    assert named - keys() <= rights | {"waggle"}


@pytest.mark.parametrize(
    ("key", "default"),
    [
        ("expires", "`30m`"),
        ("required", f"`{Approvals().required}`"),
        ("verbs", "`[update, scale, create, remove]`"),
        ("timezone", f"`{Freeze.model_fields['timezone'].default}`"),
        ("except", f"`[{', '.join(Freeze.model_fields['passes'].default)}]`"),
        ("beyond", f"`{Environment().limits.beyond}`"),
    ],
)
def test_the_defaults_are_those_of_the_models(key: str, default: str) -> None:
    row = re.search(rf"^\| `{key}` \|.*\| (.+) \|$", REFERENCE, re.MULTILINE)
    assert row is not None
    assert row[1] == default


def test_what_is_not_told_by_default_is_named() -> None:
    row = re.search(r"^\| `on` \| of (.+) \| all but (.+) \|$", REFERENCE, re.MULTILINE)
    assert row is not None
    listed, left_out = (set(re.findall(r"`(\w+)`", part)) for part in row.groups())
    assert listed == set(Event.__args__)  # type: ignore[attr-defined]  # a Literal's words
    assert listed - left_out == set(Notify().on)
