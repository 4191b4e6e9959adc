"""A title, lines in a code block, small print; and a file when the lines are too many."""

from collections.abc import Sequence

from bot.domain.jsontypes import JsonObject
from bot.domain.message import Content
from bot.rendering import blocks
from bot.rendering.cut import cut_line
from bot.rendering.escape import clean, escape, fence, fenced, unescaped
from bot.rendering.guard import is_too_long

BLOCK_MAX = 2_900
"""Characters of a code block, a little below a section's 3,000."""
_PREVIEW_MAX, _PREVIEW_WIDTH = 1_400, 160


def with_block(
    top: str,
    lines: Sequence[str],
    small: Sequence[str],
    file_name: str,
    *,
    filed: Sequence[str] | None = None,
    metadata: JsonObject | None = None,
) -> Content:
    """Return a message of `top`, the lines as a code block, and small print.

    Args:
        top: mrkdwn.
        lines: raw; escaped here.
        small: mrkdwn, one context line each.
        file_name: used when the lines do not fit: then the message shows the first of them, says
            how many more there are, and the file holds all; the small print, too, where the message
            has no room for it.
        filed: small print of all the lines, for the file, where `small` is that of the first.
        metadata: as in `Content`.
    """
    body = fence(lines) if lines else ""
    small = [line for line in small if line]
    if len(body) <= BLOCK_MAX:
        return _message(top, body, small, metadata)
    shown = _message(top, preview(lines), small, metadata)
    more = (small if is_too_long(shown) else ()) if filed is None else filed
    below = ["", *(unescaped(line) for line in more)] if more else []
    return Content(
        text=shown.text,
        blocks=shown.blocks,
        metadata=metadata,
        file_name=file_name,
        file_text="\n".join([*(clean(line) for line in lines), *below]) + "\n",
    )


def fits(lines: Sequence[str]) -> bool:
    """Return whether the lines have room in one code block of a message."""
    return len(fence(lines)) <= BLOCK_MAX


def fences(lines: Sequence[str]) -> list[str]:
    """Return the lines in as many code blocks as they need: a section holds 3,000 characters."""
    made: list[list[str]] = []
    room, frame = 0, len(fence([]))
    for line in map(escape, lines):
        if made and len(line) < room:  # and the break before it
            made[-1].append(line)
            room -= len(line) + 1
        else:
            made.append([line])
            room = BLOCK_MAX - frame - len(line)
    return [fenced(block) for block in made]


def preview(lines: Sequence[str]) -> str:
    """Return the first lines as a code block, and in words how many more the file holds."""
    kept = [cut_line(clean(line), _PREVIEW_WIDTH) for line in lines[: previewed(lines)]]
    left = len(lines) - len(kept)
    told = f"… {left:,} more line{'' if left == 1 else 's'} in the file" if left else ""
    return "\n".join(part for part in (fence(kept) if kept else "", told) if part)


def previewed(lines: Sequence[str]) -> int:
    """Return how many lines a preview shows."""
    kept: list[str] = []
    for line in lines:
        kept.append(cut_line(clean(line), _PREVIEW_WIDTH))
        if len(fence(kept)) > _PREVIEW_MAX:
            return len(kept) - 1
    return len(kept)


def _message(top: str, body: str, small: Sequence[str], metadata: JsonObject | None) -> Content:
    parts = [part for part in (top, body) if part]
    made = [blocks.section(part) for part in parts]
    if small:
        made.append(blocks.context(small))
    return Content(text="\n".join([*parts, *small]), blocks=tuple(made), metadata=metadata)
