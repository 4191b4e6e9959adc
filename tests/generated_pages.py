"""The pages that code generates: `python -m tests.generated_pages` compares, `--write` rewrites.

A page is generated whole (commands, manifests), or has blocks between two comment lines that name
the generator; what stands around them is written by hand.
"""

import argparse
import difflib
import json
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from pathlib import Path

import yaml
from pydantic_core import PydanticUndefined

from bot.domain.approval import state as approval_state
from bot.domain.grammar import reference
from bot.domain.rollout import state
from bot.slack.manifest import manifest
from config import policy_model
from config.settings import BotSettings, HostPort, Settings, WorkerSettings
from tests.parity import page as parity

ROOT = Path(__file__).parent.parent
_BLOCK = re.compile(
    r"(?P<open><!-- generated: (?P<name>[a-z]+) -->\n).*?(?P<close><!-- /generated -->)", re.DOTALL
)
_URL = "https://waggle.example.com/slack/events"


def settings_table() -> str:
    """Return a row for each variable: who reads it, whether it is needed, what it is if unset."""
    fields = {**BotSettings.model_fields, **WorkerSettings.model_fields}
    fields.pop("warnings")
    rows = ["| variable | bot | worker | if unset |", "|---|---|---|---|"]
    for name, field in fields.items():
        bot, worker = (_mark(model, name) for model in (BotSettings, WorkerSettings))
        rows.append(f"| [`{name.upper()}`](#{name}) | {bot} | {worker} | {_unset(field.default)} |")
    return "\n".join(rows) + "\n"


def _mark(model: type[Settings], name: str) -> str:
    field = model.model_fields.get(name)
    if field is None:
        return ""
    return "needed" if field.is_required() else "reads it"


def _unset(default: object) -> str:
    if default is PydanticUndefined:
        return "error"
    if default is None:
        return "see below"
    if isinstance(default, HostPort):
        return f"`{default.host}:{default.port}`"
    if isinstance(default, timedelta):
        return f"`{default // timedelta(hours=1)}h`"
    return "off" if default is False else f"`{default}`"


def _diagram() -> str:
    return f"```mermaid\n{state.mermaid()}```\n"


def _approvals() -> str:
    return f"```mermaid\n{approval_state.mermaid()}```\n"


def _manifest(url: str | None) -> str:
    return json.dumps(manifest("/swarm", url), indent=2) + "\n"


def _manifest_yaml() -> str:
    head = (
        "# The Slack app to create: api.slack.com/apps, Create New App, From a manifest, YAML.\n"
        "# For Socket Mode; the one for HTTP: `waggle manifest --url https://…/slack/events`.\n"
    )
    return head + yaml.safe_dump(manifest("/swarm", None), sort_keys=False, allow_unicode=True)


WHOLE: Mapping[str, Callable[[], str]] = {
    "manifest.yaml": _manifest_yaml,
    "docs/reference/commands.md": reference.render,
    "docs/reference/parity.md": parity.render,
    "docs/reference/manifest.json": lambda: _manifest(None),
    "docs/reference/manifest-http.json": lambda: _manifest(_URL),
    "docs/reference/policy.schema.json": lambda: json.dumps(policy_model.schema(), indent=2) + "\n",
}
"""Page → the generator of all of it."""

BLOCKS: Mapping[str, Callable[[], str]] = {
    "states": _diagram,
    "approvals": _approvals,
    "settings": settings_table,
}
"""Name of a block → its generator."""

PAGES_WITH_BLOCKS = (
    "docs/explanation/approvals.md",
    "docs/explanation/rollouts.md",
    "docs/reference/settings.md",
)


def wanted(page: str) -> str:
    """Return what a page should say.

    Raises:
        KeyError: the page names a block that nothing generates.
        FileNotFoundError: a page with blocks is missing: what is around them is not generated.
    """
    if page in WHOLE:
        return WHOLE[page]()
    text = (ROOT / page).read_text(encoding="utf-8")
    return _BLOCK.sub(lambda found: found["open"] + BLOCKS[found["name"]]() + found["close"], text)


def difference(page: str) -> str:
    """Return a unified diff from what the page says to what it should say; empty if equal."""
    path = ROOT / page
    there = path.read_text(encoding="utf-8") if path.exists() else ""
    lines = difflib.unified_diff(
        there.splitlines(keepends=True),
        wanted(page).splitlines(keepends=True),
        fromfile=page,
        tofile="generated",
    )
    return "".join(lines)


def main(argv: Sequence[str] | None = None) -> int:
    """Compare or write; return 1 if a page is out of date."""
    parser = argparse.ArgumentParser(prog="python -m tests.generated_pages", description=__doc__)
    parser.add_argument("--write", action="store_true", help="write them anew")
    write = parser.parse_args(argv).write
    stale = {page: text for page in (*WHOLE, *PAGES_WITH_BLOCKS) if (text := difference(page))}
    for page, text in stale.items():
        if write:
            (ROOT / page).write_text(wanted(page), encoding="utf-8")
            sys.stdout.write(f"written: {page}\n")
        else:
            sys.stdout.write(f"{text}\n{page} is out of date: run `make docs`\n")
    return 1 if stale and not write else 0


if __name__ == "__main__":
    sys.exit(main())
