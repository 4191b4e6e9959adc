"""The page of figures holds what the benches measure, and no aim is without its reason."""

import ast
import re
from pathlib import Path

import pytest

from bench.__main__ import MODULES
from bench.page import HEAD
from bench.soak import TITLES as SOAKS

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "docs" / "reference" / "benchmarks.md"
SOURCES = sorted((ROOT / "bench").glob("*.py"))


def sections() -> dict[str, str]:
    """Return what stands under each heading of the page."""
    page = PAGE.read_text(encoding="utf-8")
    return dict(re.findall(r"(?ms)^## ([^\n]+)\n(.*?)(?=^## |\Z)", page))


@pytest.mark.parametrize("name", MODULES)
def test_each_bench_has_its_sections_on_the_page(name: str) -> None:
    found = sections()
    missing = [title for title in MODULES[name].TITLES if title not in found]
    assert missing == [], f"run `make bench ARGS={name}`"
    for title in MODULES[name].TITLES:
        assert f"`make bench ARGS={name}`" in found[title]


def test_the_page_has_no_section_that_nothing_measures() -> None:
    known = {title for each in MODULES.values() for title in each.TITLES} | set(SOAKS)
    assert set(sections()) - known == set()


def test_the_page_says_at_its_head_what_writes_it() -> None:
    assert PAGE.read_text(encoding="utf-8").startswith(HEAD)
    assert "`make soak`" in HEAD


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_each_aim_has_a_reason_that_would_hold_if_it_were_missed(source: Path) -> None:
    calls = [
        node
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in {"aim", "floor"}
    ]
    assert [call.lineno for call in calls if "why" not in {k.arg for k in call.keywords}] == []
