"""`python -m playground`: the demo. Exit status 0 only if everything ended as the script says."""

import argparse
import sys
from contextlib import ExitStack

from rich.console import Console

from playground.demo.play import CHANNEL, Outcome, Play
from playground.lab import Lab, LabError, why_not
from playground.stage import Stage
from playground.workspace.terminal.live import Follower
from playground.workspace.terminal.prompt import Prompt

_CANNOT_RUN = 3


def main() -> int:
    """Play, then leave nothing behind (or stay up, with --keep)."""
    parser = argparse.ArgumentParser(prog="waggle demo", description=__doc__)
    parser.add_argument("--keep", action="store_true", help="stay up and let you type")
    options = parser.parse_args()
    console = Console()
    reason = why_not()
    if reason:
        console.print(f"The demo needs a real swarm, which cannot run here: {reason}")
        return _CANNOT_RUN
    with ExitStack() as leaving:
        console.print("Starting three Docker engines, a registry, a workspace, bot and worker …")
        lab = Lab.auto()
        lab.up(nodes=3, managers=1)
        leaving.callback(lab.down)
        stage = leaving.enter_context(Stage(lab))
        console.print("Ready. Monitor and delay are kept short here, to see it all in minutes.")
        follower = Follower(stage.client, console)
        follower.start()
        outcomes = Play(stage, console).run()
        follower.stop()
        _summary(console, outcomes)
        if options.keep:
            _stay(stage, console)
    return 0 if all(outcome.good for outcome in outcomes) else 1


def _summary(console: Console, outcomes: list[Outcome]) -> None:
    console.rule("Summary")
    for outcome in outcomes:
        mark = "[green]✓[/]" if outcome.good else "[red]✗[/]"
        seconds = f"{outcome.seconds:5.1f} s"
        console.print(f"{mark} {seconds}  {outcome.scene.title}: {outcome.state}", highlight=False)
    total = sum(outcome.seconds for outcome in outcomes)
    good = all(outcome.good for outcome in outcomes)
    console.print(f"{'All converged' if good else 'NOT as it should be'}, {total:.0f} s")


def _stay(stage: Stage, console: Console) -> None:
    console.rule(f"The stage stays up: type into #{CHANNEL} (:help), :quit ends it")
    console.print(
        f"images: {stage.image}:v1 v2 v3 crash sick health   DOCKER_HOST={stage.lab.docker_host()}"
    )
    follower = Follower(stage.client, console)
    follower.start()
    Prompt(stage.client, console).run()
    follower.stop()


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (LabError, KeyboardInterrupt) as error:
        Console(stderr=True).print(str(error) or "ended")
        sys.exit(130 if isinstance(error, KeyboardInterrupt) else 1)
