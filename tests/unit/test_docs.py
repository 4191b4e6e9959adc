"""What the documentation names exists: links, anchors, recipes, commands, files, settings."""

import importlib.util
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.main import get_command

from bot.adapters.group_cache import KEPT
from bot.adapters.slack_groups import FRESH
from bot.adapters.suggest import nearest
from bot.cli import app
from bot.domain.grammar import Command, parse
from bot.domain.grammar.wish import wish
from bot.domain.rollout.act import legal_actions
from bot.domain.rollout.record import RolloutState
from bot.domain.rollout.state import PUBLIC
from bot.rendering.buttons import _LABELS
from bot.usecases.propose import AckKind
from config.settings import BotSettings, WorkerSettings
from tests import generated_pages
from tests.builders import a_rollout
from workers.container import GROUPS_WITHIN

ROOT = Path(__file__).parents[2]
SKIPPED = {".venv", ".uv", "node_modules", "mutants"}
PAGES = sorted(
    path for path in ROOT.rglob("*.md") if not SKIPPED & set(path.relative_to(ROOT).parts)
)
NAMES = [str(path.relative_to(ROOT)) for path in PAGES]

FENCE = re.compile(r"^```\w*\n(.*?)^```", re.MULTILINE | re.DOTALL)
SPAN = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
INDENTED = re.compile(r"(?:^|(?<=\n))(?:    .*\n)+", re.MULTILINE)
LINK = re.compile(r"\]\(([^)\s]+)\)")


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def code_of(name: str) -> list[str]:
    """Return the code of a page: spans, and the lines of its blocks."""
    text = text_of(name)
    blocks = FENCE.findall(text)
    prose = FENCE.sub("", text)
    lines = [
        line.strip() for block in (*blocks, *INDENTED.findall(prose)) for line in block.splitlines()
    ]
    return [*SPAN.findall(prose), *lines]


def slugs(name: str) -> set[str]:
    """Return the anchors that GitHub makes of a page's headings."""
    headings = re.findall(r"^#{1,6} (.+)$", FENCE.sub("", text_of(name)), re.MULTILINE)
    kept = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings)
    return {heading.strip().replace(" ", "-") for heading in kept}


def broken_links(name: str) -> Iterator[str]:
    prose = SPAN.sub("", FENCE.sub("", text_of(name)))
    for link in LINK.findall(prose):
        path, _, anchor = link.partition("#")
        if re.match(r"[a-z]+:", link):
            continue
        there = (ROOT / name).parent / path if path else ROOT / name
        if not there.exists():
            yield f"{link}: no such file"
        elif anchor and anchor not in slugs(str(there.resolve().relative_to(ROOT))):
            yield f"{link}: no such heading"


@pytest.mark.parametrize("name", NAMES)
def test_relative_links_lead_somewhere(name: str) -> None:
    assert list(broken_links(name)) == []


def test_every_page_of_docs_is_in_the_index() -> None:
    index = text_of("docs/README.md")
    pages = {n.removeprefix("docs/") for n in NAMES if n.startswith("docs/")} - {"README.md"}
    assert {page for page in pages if f"({page})" not in index} == set()


@pytest.mark.parametrize("name", NAMES)
def test_every_recipe_that_is_named_exists(name: str) -> None:
    recipes = set(re.findall(r"^([a-z][a-z-]*):", text_of("Makefile"), re.MULTILINE))
    named = [
        found[1] for code in code_of(name) if (found := re.match(r"make ([a-z][a-z-]*)", code))
    ]
    assert set(named) <= recipes


@pytest.mark.parametrize("name", NAMES)
def test_every_command_that_is_named_exists(name: str) -> None:
    known = set(get_command(app).list_commands(None))  # type: ignore[attr-defined]  # click's group behind typer
    start = re.compile(r"(?:[A-Z_]+=\S+ )*(?:\S*/)?waggle ([a-z]+)(?!\S*:)")
    named = [found[1] for code in code_of(name) if (found := start.match(code))]
    assert set(named) <= known


@pytest.mark.parametrize("name", NAMES)
def test_every_module_that_is_run_can_be_run(name: str) -> None:
    modules = {m for code in code_of(name) for m in re.findall(r"python3? -m ([\w.]+)", code)}
    for module in modules:
        spec = importlib.util.find_spec(module)
        assert spec is not None, module
        if spec.submodule_search_locations is not None:
            assert importlib.util.find_spec(f"{module}.__main__") is not None, module


@pytest.mark.parametrize("name", NAMES)
def test_every_file_that_is_named_exists(name: str) -> None:
    named = re.compile(r"(?:bot|workers|config|playground|tests|docs)/[\w./-]*\w")
    paths = {code for code in code_of(name) if named.fullmatch(code)}
    assert {path for path in paths if not (ROOT / path).exists()} == set()


@pytest.mark.parametrize("name", NAMES)
def test_every_test_that_is_named_exists(name: str) -> None:
    named = re.findall(r"\[`(test_\w+)`\]\(([^)]+)\)", text_of(name))
    there = [(test, ((ROOT / name).parent / path).read_text("utf-8")) for test, path in named]
    assert [test for test, source in there if f"def {test}(" not in source] == []


def test_what_happens_if_names_the_test_of_each_line() -> None:
    part = text_of("README.md").partition("## What happens if")[2].partition("\n## ")[0]
    rows = [line for line in part.splitlines() if line.startswith("| ")][1:]
    assert len(rows) > 20
    assert [row for row in rows if not re.search(r"\[`test_\w+`\]\([^)]+\) \|$", row)] == []


@pytest.mark.parametrize("name", NAMES)
def test_every_line_to_type_is_understood(name: str) -> None:
    typed = re.findall(r"^/swarm (.+)$", "\n".join(FENCE.findall(text_of(name))), re.MULTILINE)
    lines = [line for line in typed if not line.startswith("help")]
    lines = [line for line in lines if wish(line) is None]  # those that open a form
    wrong = {line for line in lines if not isinstance(parse(line, nearest), Command)}
    # the tutorial shows one mistyped verb on purpose
    assert {line for line in wrong if not line.startswith("udpate ")} == set()


@pytest.mark.parametrize("name", NAMES)
def test_pages_name_no_developers_machine(name: str) -> None:
    assert re.findall(r"(?<![\w.:/])/(?:work|home|root|Users)/\w+", text_of(name)) == []


@pytest.mark.parametrize("name", NAMES)
def test_pages_state_and_do_not_praise(name: str) -> None:
    praise = (
        r"\b(blazing\w*|seamless\w*|effortless\w*|cutting-edge|state-of-the-art|game-chang\w*)\b"
    )
    assert re.findall(praise, text_of(name), re.IGNORECASE) == []


def test_every_setting_has_a_section() -> None:
    fields = {*BotSettings.model_fields, *WorkerSettings.model_fields} - {"warnings"}
    headings = set(re.findall(r"^## (\w+)$", text_of("docs/reference/settings.md"), re.MULTILINE))
    assert {name.upper() for name in fields} == headings


def test_every_state_and_button_is_explained() -> None:
    page = text_of("docs/reference/messages.md")
    rows = set(re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE))
    assert {state.value for state in PUBLIC} <= rows
    assert {label for label in _LABELS.values() if label not in page} == set()


@pytest.mark.parametrize("state", sorted(PUBLIC))
def test_the_buttons_of_a_state_are_those_of_the_domain(state: RolloutState) -> None:
    page = text_of("docs/reference/messages.md")
    row = re.search(rf"^\| `{state.value}` \|[^|]*\|([^|]*)\|", page, re.MULTILINE)
    assert row is not None
    rollout = a_rollout(state=state, back_to=1, going_back=state is RolloutState.ROLLING_BACK)
    shown = [_LABELS[kind] for kind in legal_actions(rollout)]
    assert row[1].strip() == ", ".join(shown)


def test_every_outcome_of_a_command_is_named() -> None:
    found = re.search(r"`outcome` \(([^)]*)\)", text_of("docs/how-to/watch-it.md"))
    assert found is not None
    assert set(found[1].split(", ")) == {kind.value for kind in AckKind}


def test_every_metric_that_is_named_is_exposed() -> None:
    named = set(re.findall(r"waggle_[a-z]+_?[a-z]+", text_of("docs/how-to/watch-it.md")))
    source = text_of("bot/slack/metrics.py")
    bare = {re.sub(r"_(total|bucket)$", "", name) for name in named}
    assert {name for name in bare if f'"{name}"' not in source} == set()


@pytest.mark.parametrize("page", [*generated_pages.WHOLE, *generated_pages.PAGES_WITH_BLOCKS])
def test_generated_pages_are_up_to_date(page: str) -> None:
    assert generated_pages.difference(page) == "", "run `make docs`"


def test_how_old_an_answer_about_a_group_may_be_is_said_where_votes_are_counted() -> None:
    old, oldest = (int(each.total_seconds()) for each in (FRESH, KEPT))
    said = " ".join(text_of("docs/explanation/approvals.md").split())
    assert f"up to {old} s before, and {oldest} s while it does not answer" in said
    assert f"what it said less than {old} s ago counts, and nothing that is older" in said
    for page in ("docs/reference/policy.md", "docs/explanation/security.md"):
        assert f"less than {old} s" in " ".join(text_of(page).split())
    patience = int(GROUPS_WITHIN.total_seconds())
    assert f"A worker waits {patience} s for the answer at most" in said


def test_the_changelog_keeps_its_form() -> None:
    headings = re.findall(r"^(#{1,3}) (.+)$", text_of("CHANGELOG.md"), re.MULTILINE)
    kinds = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
    assert headings[:2] == [("#", "Changelog"), ("##", "[Unreleased]")]
    assert {title for level, title in headings if level == "###"} <= kinds
