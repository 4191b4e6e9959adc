"""`tags`: what the registry has of an image, and what of it runs."""

from collections.abc import Iterator

from bot.domain.message import Content
from bot.domain.reads import TagList, TagRow
from bot.rendering.answers.nodes import size
from bot.rendering.answers.pages import Grid, listed
from bot.rendering.escape import code
from bot.rendering.longtext import with_block
from bot.rendering.words import age, counted, short

_HEAD = ("TAG", "AGE", "SIZE", "DIGEST", "RUNS")
_HUB = (
    "Docker Hub counts each image that is looked at as a pull: ages and sizes are left out, and "
    "the order is that of the versions."
)

_CUT = (
    ":scissors: *The registry has more tags* than Waggle reads (ten pages of its list): newer ones "
    "may be among those that are missing here"
)


def tags(reply: TagList) -> Content:
    """Answer `tags`, the newest first."""
    first = "the first " if reply.is_cut else ""
    top = f"*{first}{counted(len(reply.rows), 'tag')}* of {code(reply.repository)}"
    if not reply.rows:
        return with_block(top, [], [], "tags.txt")
    grid = Grid(head=_HEAD, rows=[_cells(row, reply) for row in reply.rows])

    def small(part: slice) -> list[str]:
        return [line for row in reply.rows[part] for line in _moved(row)] + list(_more(reply))

    return listed(top, grid, reply.asked, "tags.txt", small)


def _cells(row: TagRow, reply: TagList) -> tuple[object, ...]:
    tag = row.tag
    runs = [*row.runs, *(f"{name} (another image)" for name in row.moved)]
    return (
        tag.name,
        age(reply.at - tag.created_at) if tag.created_at else "",
        size(tag.size) if tag.size is not None else "",
        short(f"@{tag.digest}").removeprefix("@") if tag.digest else "",
        ", ".join(runs),
    )


def _moved(row: TagRow) -> Iterator[str]:
    if row.moved:
        names = ", ".join(code(name) for name in row.moved)
        verb = "runs" if len(row.moved) == 1 else "run"
        yield (
            f":label: *Moved tag*: {code(row.tag.name)} is another image now than the one that "
            f"{names} {verb} by that name"
        )


def _more(reply: TagList) -> Iterator[str]:
    if reply.is_cut:
        yield _CUT
    if reply.elsewhere:
        names = ", ".join(code(name) for name in reply.elsewhere)
        yield f"What {names} runs is none of these tags now"
    if reply.digests_only:
        yield _HUB
    if reply.unlooked:
        rest = counted(reply.unlooked, "tag")
        yield f"{rest} of lower versions were not looked at: they stand last"
