"""What came of a command: refused, nothing to do, a dry run, a short confirmation."""

from collections.abc import Sequence

from bot.domain.message import Content
from bot.domain.plan import Plan
from bot.domain.reply import DryRun, NothingToDo, Refusal, Said
from bot.rendering import blocks, forms
from bot.rendering import drain as drains
from bot.rendering.diffs import diff_lines
from bot.rendering.escape import code, escape, naming, one_line
from bot.rendering.guard import TEXT_MAX
from bot.rendering.longtext import fences, with_block
from bot.rendering.phrases import under
from bot.rendering.words import OPEN_POLICY


def refusal(reply: Refusal) -> Content:
    """Say why, and the next step."""
    lines = [escape(reply.why), escape(reply.next_step)]
    return _said(naming("\n".join(line for line in lines if line), None))


def nothing_to_do(reply: NothingToDo) -> Content:
    """Say that it is so already, and what the line may have meant to do."""
    lines = [f"Nothing to do: {escape(reply.what)}", "Nothing was sent to the swarm."]
    return _said("\n".join([*lines, *_warned(reply.warnings)]))


def said(reply: Said) -> Content:
    """Say it."""
    if reply.form:
        return Content(text=escape(reply.text), blocks=forms.offer(reply.text, reply.form))
    return _as_blocks(reply.text) if reply.as_block else _said(naming(escape(reply.text), None))


def _as_blocks(text: str) -> Content:
    """Return it in columns; a file only when it is too long for a message, and then whole."""
    first, _, rest = text.partition("\n")
    parts = [escape(first), *fences(rest.strip("\n").split("\n") if rest else [])]
    shown = "\n".join(parts)
    if len(shown) > TEXT_MAX:
        return with_block("", text.split("\n"), [], "help.txt")
    return Content(text=shown, blocks=tuple(blocks.section(part) for part in parts))


def dry_run(reply: DryRun, *, open_policy: bool) -> Content:
    """Show the plan, what would happen, and that nothing did."""
    plan = reply.plan
    changes = plan.changes if plan else reply.changes
    top = f"*Dry run:* {one_line(reply.what)}\nNothing was changed."
    lines = diff_lines(changes)
    if not lines:
        top += " Nothing would change, either."
    if reply.drain is not None:
        top += f" {drains.plan(reply.drain)}"
        lines += ["", *drains.moves(reply.drain)] if reply.drain.services else []
    warnings = (*(plan.warnings if plan else ()), *reply.warnings)
    small = _warned(warnings)
    if plan and lines:
        small.append(_would(plan))
    if lines and reply.asks:
        small.append(f":raised_hand: it would ask for approval: {one_line(reply.asks)}")
    if lines and reply.glass:
        small += _glass(reply)
    small += [OPEN_POLICY] if open_policy else []
    return with_block(top, lines, small, "plan.txt")


def _warned(warnings: Sequence[str]) -> list[str]:
    return [f":warning: {one_line(warning)}" for warning in warnings]


def _glass(reply: DryRun) -> list[str]:
    """Say what breaking the glass would pass by; nobody else hears of a dry run."""
    if not reply.passes:
        return ["`--break-glass` would pass nothing by: nothing is in the way"]
    passed = (naming(one_line(each), None) for each in reply.passes)
    return [f":rotating_light: `--break-glass` would pass by, loudly: {each}" for each in passed]


def _would(plan: Plan) -> str:
    deed = f"roll these out to {code(plan.service)}"
    if plan.base_hash is None:
        deed = f"create {code(plan.service)}"
    elif plan.to_revision is not None:
        deed = f"take {code(plan.service)} back to revision {plan.to_revision}"
    names = (f"plan {code(plan.fingerprint[:12])}" if plan.fingerprint else "",)
    pinned = "".join(f" · {each}" for each in (*names, under(plan.policy_hash)) if each)
    start = f", as it is now ({code(plan.base_hash[:12])})" if plan.base_hash else ""
    return f"without `--dry-run` this would {deed}{start}{pinned}"


def _said(text: str) -> Content:
    return Content(text=text, blocks=(blocks.section(text),))
