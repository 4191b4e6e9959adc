"""`waggle audit`: the words of its command line; what they do is bot/audit_tool.py's."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="The audit log: who did what.", no_args_is_help=True, rich_markup_mode=None)

_File = Annotated[Path | None, typer.Option("--file", help="Look at this file instead of Redis.")]


@app.command()
def verify(
    file: _File = None,
    head: Annotated[str, typer.Option(help="A hash that was posted: it must be there.")] = "",
    old_secret_file: Annotated[
        list[Path] | None, typer.Option(help="A file with an earlier WAGGLE_SECRET; repeatable.")
    ] = None,
) -> None:
    """Tell whether the log is whole: exit status 0, or 1 with the first entry that is not.

    The log in Redis is also compared with its copies in WAGGLE_DATA. Status 2: it cannot be looked
    at.
    """
    from bot.audit_tool import run_verify

    raise typer.Exit(run_verify(file, head, old_secret_file or ()))


@app.command()
def export(
    *,
    file: _File = None,
    csv: Annotated[bool, typer.Option("--csv", help="As a table, for a spreadsheet.")] = False,
    since: Annotated[str, typer.Option(help="Not older than this: 7d, 36h, or a time.")] = "",
) -> None:
    """Write the log to the standard output, oldest first: JSON lines that `verify --file` takes."""
    from bot.audit_tool import run_export

    run_export(file, since, as_csv=csv)
