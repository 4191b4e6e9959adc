"""`python -m playground.workspace`: serve a workspace, show it, and let one type."""

import argparse
import json
import signal
import sys
import threading
from pathlib import Path

from rich.console import Console

from playground.workspace.server import LocalWorkspace
from playground.workspace.settings import Settings
from playground.workspace.terminal.live import Follower
from playground.workspace.terminal.prompt import Prompt


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(prog="python -m playground.workspace", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one (default)")
    parser.add_argument("--app-url", help="the app's request URL; without it: Socket Mode")
    parser.add_argument("--command", default="/swarm", help="the slash command of the app")
    parser.add_argument("--bot-token", help="default: a new one")
    parser.add_argument("--app-token", help="default: a new one")
    parser.add_argument("--signing-secret", help="default: a new one")
    parser.add_argument("--no-rate-limits", action="store_true", help="never answer 429")
    parser.add_argument("--smart-punctuation", action="store_true", help="type as a phone does")
    parser.add_argument("--ready-file", type=Path, help="write address and tokens there, as JSON")
    parser.add_argument("--quiet", action="store_true", help="do not show the channels")
    return parser.parse_args(arguments)


def settings_of(options: argparse.Namespace) -> Settings:
    """Return the settings of a run; credentials that were not given are made up."""
    settings = Settings(port=options.port, app_url=options.app_url, commands=(options.command,))
    settings.rate_limits = not options.no_rate_limits
    settings.smart_punctuation = options.smart_punctuation
    for name in ("bot_token", "app_token", "signing_secret"):
        given = getattr(options, name)
        if given:
            setattr(settings, name, given)
    return settings


def announce(workspace: LocalWorkspace, ready_file: Path | None, console: Console) -> None:
    """Print (and write) where the workspace is and what an app needs to reach it."""
    variables = workspace.environment
    console.print(f"workspace at {workspace.url}", markup=False, highlight=False)
    for name, value in variables.items():
        console.print(f"export {name}={value}", markup=False, highlight=False, soft_wrap=True)
    if ready_file is not None:
        content = json.dumps({"url": workspace.url, "environment": variables})
        draft = ready_file.with_suffix(".tmp")
        draft.write_text(content, encoding="utf-8")
        draft.replace(ready_file)  # a reader never sees half of it


def main(arguments: list[str] | None = None) -> int:
    """Serve until `:quit`, the end of a terminal's input, SIGINT or SIGTERM."""
    options = parse(arguments)
    console = Console()
    ended = threading.Event()
    typed = sys.stdin.isatty()
    if not typed:  # before anybody can know that it is there
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: ended.set())
    with LocalWorkspace(settings_of(options)) as workspace:
        announce(workspace, options.ready_file, console)
        follower = Follower(workspace.client, console)
        if not options.quiet:
            follower.start()
        if typed:
            Prompt(workspace.client, console).run()
        else:
            ended.wait()
        if not options.quiet:
            follower.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
