"""`python -m playground`: the walk-through on a real swarm on this machine, or a simulated one.

Exit status: 0 if everything ended as the script says, 1 if not, 130 after Control-C. Nothing stays
behind.
"""

import argparse
import signal
import sys
from contextlib import ExitStack
from types import FrameType
from typing import NoReturn

from rich.console import Console

from playground.demo.ground import chosen
from playground.demo.play import Outcome, Play
from playground.lab import LabError
from playground.simulator.server import SimulatorError
from playground.stage import Stage, StageError
from playground.workspace.terminal.live import Follower
from playground.workspace.terminal.prompt import Prompt


def main() -> int:
    """Play, then leave nothing behind (or stay up, with --keep)."""
    parser = argparse.ArgumentParser(prog="waggle demo", description=__doc__)
    parser.add_argument("--keep", action="store_true", help="stay up and let you type")
    parser.add_argument(
        "--simulated", action="store_true", help="on a simulated swarm, also where Docker could run"
    )
    options = parser.parse_args()
    console = Console()
    for ending in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(ending, _end)
    with ExitStack() as leaving:
        lab, opening = chosen(simulated=options.simulated)
        console.print(opening, highlight=False, soft_wrap=True)
        leaving.callback(lab.down)
        lab.up(nodes=3, managers=1)
        stage = leaving.enter_context(Stage(lab))
        leaving.callback(console.print, "Taking it all down …")
        follower = Follower(stage.client, console)
        outcomes = _performance(stage, console, follower)
        if options.keep:
            _stay(stage, console, follower)
    return 0 if all(outcome.good for outcome in outcomes) else 1


def _end(_number: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


def _performance(stage: Stage, console: Console, follower: Follower) -> list[Outcome]:
    """Play all, while the channel scrolls by, and sum it up."""
    console.print(
        "This is the channel #ops, as people see it. Monitor and delay are kept short, to see it "
        "all in minutes."
    )
    follower.start()
    try:
        outcomes = Play(stage, console).run()
    finally:
        follower.stop()
    _summary(console, outcomes)
    if not all(outcome.good for outcome in outcomes):
        console.print(stage.last_words(), markup=False, highlight=False)
    return outcomes


def _summary(console: Console, outcomes: list[Outcome]) -> None:
    console.rule("Summary")
    for outcome in outcomes:
        mark = "[green]✓[/]" if outcome.good else "[red]✗[/]"
        seconds = f"{outcome.seconds:5.1f} s"
        console.print(f"{mark} {seconds}  {outcome.scene.title}: {outcome.state}", highlight=False)
    total = sum(outcome.seconds for outcome in outcomes)
    good = all(outcome.good for outcome in outcomes)
    verdict = "All ended as it should" if good else "It did NOT end as it should"
    console.print(f"{verdict}: {len(outcomes)} scenes in {total:.0f} s", highlight=False)


def _stay(stage: Stage, console: Console, follower: Follower) -> None:
    console.rule("The stage stays up: type into #ops (:help), :quit ends it")
    console.print(
        f"images: {stage.image}:v1 v2 v3 crash sick health   DOCKER_HOST={stage.lab.docker_host()}"
    )
    follower.start()
    Prompt(stage.client, console).run()
    follower.stop()


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        Console(stderr=True).print("Ended; nothing is left behind.")
        sys.exit(130)
    except (LabError, SimulatorError, StageError) as error:
        Console(stderr=True).print(str(error), markup=False, highlight=False)
        sys.exit(1)
