"""`waggle`: the console script.

It runs the bot, and starts the other processes by exec, never by import.
"""

import json
import os
import signal
import sys
from typing import Annotated, NoReturn

import typer

from bot import policy_cli

_BOT_HELP = """Listen to Slack: by Socket Mode when SLACK_APP_TOKEN is set, else by HTTP.

\b
Settings, by environment; each also as NAME_FILE, for Docker secrets:
  SLACK_BOT_TOKEN       the bot's token, xoxb-… (needed)
  SLACK_APP_TOKEN       app-level token, xapp-…: Socket Mode   } one of the
  SLACK_SIGNING_SECRET  the app's signing secret: HTTP         } two is needed
  WAGGLE_POLICY         path of the policy file, or the word `open`: everyone
                        may do everything, to try out (needed)
  REDIS_URL             unset: an embedded Valkey in WAGGLE_DATA
  WAGGLE_HTTP           127.0.0.1:3000; health pages in both modes
  WAGGLE_DATA           ~/.local/state/waggle
  WAGGLE_COMMAND        /swarm
  WAGGLE_SECRET         signs the queue; unset: derived from SLACK_BOT_TOKEN
  SLACK_API_URL         https://slack.com/api/
"""

app = typer.Typer(
    name="waggle",
    help="Run your Docker Swarm from Slack.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # plain text reads the same in a log, a pager and a narrow terminal
)


app.add_typer(policy_cli.app)


def main() -> None:
    """Run the command line."""
    app()


@app.command(help=_BOT_HELP)
def bot() -> None:
    """Listen to Slack."""
    # until the server handles them itself: the imports alone take a second
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _leave)
    from bot.bootstrap import run_bot

    raise typer.Exit(run_bot())


@app.command()
def worker(
    cluster: Annotated[str, typer.Option(help="The swarm that this worker serves.")] = "default",
    processes: Annotated[int, typer.Option(min=1, max=64, help="RQ workers per queue.")] = 1,
) -> None:
    """Carry out what was asked, on a manager of the swarm."""
    _become("workers", "supervise", "--cluster", cluster, "--processes", str(processes))


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def demo(context: typer.Context) -> None:
    """Play the walk-through in a local workspace with a real swarm on this machine."""
    _become("playground", *context.args)


@app.command()
def manifest(
    command: Annotated[str, typer.Option(help="The slash command's name.")] = "/swarm",
    url: Annotated[
        str, typer.Option(help="Public URL of POST /slack/events; empty: Socket Mode.")
    ] = "",
) -> None:
    """Print the manifest of the Slack app to create."""
    from bot.slack.manifest import manifest as build

    typer.echo(json.dumps(build(command, url or None), indent=2))


def _leave(_number: int, _frame: object) -> NoReturn:
    raise SystemExit(0)


def _become(module: str, *arguments: str) -> NoReturn:
    """Replace this process: the bot's code never imports the worker's, which has Docker."""
    os.execv(sys.executable, [sys.executable, "-m", module, *arguments])  # noqa: S606  no shell, our own interpreter
