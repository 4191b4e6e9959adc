"""`waggle`: the console script.

It runs the bot, and starts the other processes by exec, never by import.
"""

import json
import os
import re
import signal
import sys
from collections.abc import Callable
from importlib.metadata import version
from typing import Annotated, NoReturn
from urllib.parse import urlsplit

import typer

from bot import audit_cli, policy_cli
from bot.importing import uncollected

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

_WORKER_HELP = """Carry out what was asked, on a manager of the swarm.

\b
Settings, by environment; each also as NAME_FILE, for Docker secrets. What the
bot has, too, must be the same for both:
  SLACK_BOT_TOKEN       the bot's token, xoxb-… (needed)
  WAGGLE_POLICY         as the bot's (needed)
  REDIS_URL             unset: an embedded Valkey in WAGGLE_DATA
  WAGGLE_DATA           ~/.local/state/waggle
  WAGGLE_COMMAND        /swarm
  WAGGLE_SECRET         checks the queue; unset: derived from SLACK_BOT_TOKEN
  SLACK_API_URL         https://slack.com/api/
  DOCKER_HOST           the manager's Engine; with DOCKER_TLS_VERIFY and
                        DOCKER_CERT_PATH as the docker CLI reads them
"""

app = typer.Typer(
    name="waggle",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # plain text reads the same in a log, a pager and a narrow terminal
)
app.add_typer(audit_cli.app, name="audit")


app.add_typer(policy_cli.app)


def main() -> None:
    """Run the command line."""
    app()


@app.callback(invoke_without_command=True)
def _waggle(
    *, show_version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False
) -> None:
    """Run your Docker Swarm from Slack."""
    if show_version:
        typer.echo(f"waggle {version('waggle-swarm')}")
        raise typer.Exit


@app.command(help=_BOT_HELP)
def bot() -> None:
    """Listen to Slack."""
    # until the server handles them itself: the imports alone take a second
    _on_the_end(_leave_at_once)
    with uncollected():
        from bot.bootstrap import run_bot

    _on_the_end(_leave)
    raise typer.Exit(run_bot())


def _cluster_name(value: str) -> str:
    """Names of swarms are typed in Slack and are parts of keys in Redis."""
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,31}", value):
        raise typer.BadParameter("want small letters, digits and -, 32 at most: for instance eu-1")
    return value


def _slash_command(value: str) -> str:
    if not re.fullmatch(r"/[^\s/]{1,32}", value):
        raise typer.BadParameter("want a slash and a name, for instance /swarm")
    return value


def _events_url(value: str) -> str:
    parts = urlsplit(value)
    if value and (parts.scheme != "https" or not parts.hostname):
        raise typer.BadParameter("want an https URL, for instance https://host/slack/events")
    return value


@app.command(help=_WORKER_HELP)
def worker(
    cluster: Annotated[
        str, typer.Option(help="The swarm that this worker serves.", callback=_cluster_name)
    ] = "default",
    processes: Annotated[int, typer.Option(min=1, max=64, help="RQ workers per queue.")] = 1,
) -> None:
    """Carry out what was asked."""
    _become("workers", "supervise", "--cluster", cluster, "--processes", str(processes))


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def demo(context: typer.Context) -> None:
    """Play the walk-through in a local workspace, with a swarm on this machine (or --simulated)."""
    _become("playground", *context.args)


@app.command()
def manifest(
    command: Annotated[
        str, typer.Option(help="The slash command's name.", callback=_slash_command)
    ] = "/swarm",
    url: Annotated[
        str,
        typer.Option(
            help="Public URL of POST /slack/events; empty: Socket Mode.", callback=_events_url
        ),
    ] = "",
) -> None:
    """Print the manifest of the Slack app to create."""
    from bot.slack.manifest import manifest as build

    typer.echo(json.dumps(build(command, url or None), indent=2))


def _on_the_end(leave: Callable[[int, object], NoReturn]) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, leave)


def _leave_at_once(_number: int, _frame: object) -> NoReturn:
    """Leave in the middle of an import, which may swallow an exception; nothing is begun yet."""
    os._exit(0)


def _leave(_number: int, _frame: object) -> NoReturn:
    raise SystemExit(0)


def _become(module: str, *arguments: str) -> NoReturn:
    """Replace this process: the bot's code never imports the worker's, which has Docker."""
    os.execv(sys.executable, [sys.executable, "-m", module, *arguments])  # noqa: S606  no shell, our own interpreter
