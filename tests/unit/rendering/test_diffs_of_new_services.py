"""Of a new service, what is as always is named in one line and never hidden."""

import pytest

from bot.domain.grammar.tokens import HIDDEN
from bot.domain.plan import FieldChange
from bot.rendering.diffs import diff_lines, headline

MADE = (
    FieldChange(path="name", old=None, new="web"),
    FieldChange(path="mode", old=None, new="replicated"),
    FieldChange(path="image", old=None, new="reg.example:5000/shop/web:2.4"),
    FieldChange(path="replicas", old=None, new="3"),
    FieldChange(path="update-order", old=None, new="stop-first"),
    FieldChange(path="update-monitor", old=None, new="2s"),
    FieldChange(path="platform linux/amd64", old=None, new="runs there"),
)


def test_fields_as_always_share_a_line() -> None:
    assert diff_lines(MADE)[-1] == "+ as always: update-order, platform linux/amd64"


def test_what_differs_from_the_usual_has_its_own_line() -> None:
    assert "+ update-monitor: 2s" in diff_lines(MADE)


def test_the_headline_says_what_the_title_does_not() -> None:
    assert headline(MADE) == "image `shop/web:2.4` · replicas `3` · update-monitor `2s`"


def test_of_an_update_every_field_has_its_line() -> None:
    changes = (FieldChange(path="update-order", old="start-first", new="stop-first"),)
    assert diff_lines(changes) == ["~ update-order: start-first → stop-first"]


@pytest.mark.parametrize(
    ("path", "old", "new", "told"),
    [
        (
            "constraint node.role==worker",
            "required",
            None,
            "constraint `node.role==worker` removed",
        ),
        ("constraint a==b", None, "required", "constraint `a==b` added"),
        ("label a", None, "b", "label `a`: `b`"),
        ("label a", "b", "", "label `a`: `b` → empty"),
        ("label a", "b", None, "label `a` removed"),
        ("publish 8080", None, "8080:80", "publish `8080:80`"),
        ("publish 8080", "8080:80", "8080:81", "publish `8080:80` → `8080:81`"),
        ("publish 8080", "8080:80", None, "publish `8080` removed"),
        ("env DB", HIDDEN, HIDDEN, "env `DB` changed"),
        ("env DB", None, HIDDEN, "env `DB` added"),
        ("limit-memory", "512m", None, "limit-memory `512m` → removed"),
    ],
)
def test_a_headline_reads_as_a_phrase(
    path: str, old: str | None, new: str | None, told: str
) -> None:
    assert headline((FieldChange(path=path, old=old, new=new),)) == told


def test_a_headline_leaves_the_registry_to_the_diff() -> None:
    change = FieldChange(path="image", old="reg.example/web:1", new="reg.example/web:2")
    assert headline((change,)) == "image `web:1` → `web:2`"
    assert headline((FieldChange(path="image", old="shop/web:1", new="shop/web:2"),)) == (
        "image `shop/web:1` → `shop/web:2`"
    )
