"""What Slack hears: calls for one rollout, and two hundred rollouts at once within its limits."""

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bench import at_once
from bench.at_once import AT_ONCE, IN_TROUBLE, OTHERS, Ended
from bench.bed import SECOND, Bed, bed
from bench.figures import Table, aim, median, percentile, shown
from bot.adapters.redis_budget import LIMITS
from bot.domain.rollout.record import RolloutState
from bot.usecases.speak import EDIT_EVERY, REWORD_EVERY

NAME = "speaking"
TITLES = ("Slack calls of one rollout", "Two hundred rollouts at once")
PACES: Mapping[str, Mapping[str, int]] = {
    "monitor of 1 s": {"Monitor": SECOND},
    "Docker's defaults": {"Monitor": 0},
    "a delay of 10 s": {"Monitor": 0, "Delay": 10 * SECOND},
}
"""How the updates are paced; 0 leaves it to Docker."""

_IS_SLACK_THERE = "auth.test"
_EDITS = LIMITS["chat.update"][0].per_minute
_BURST = LIMITS["chat.update"][0].burst
_POSTS = LIMITS["chat.postMessage"][1].per_minute
_SHOWN = (
    "what has changed is shown, by an edit every "
    f"{EDIT_EVERY.total_seconds():g} s at most in the channel and every "
    f"{REWORD_EVERY.total_seconds():g} s at most in the thread: the calls grow with the time that "
    "the tasks take, and not with their number alone."
)
_MANY_POSTS = (
    f"Waggle makes {_POSTS:g} posts a minute and workspace, and a rollout is more than one: its "
    "message, and what is said of it in the thread."
)
_ONE_BUDGET = (
    f"Waggle makes {_EDITS:g} edits a minute and workspace, and has {_BURST} saved up, so that "
    f"{AT_ONCE} of them take {shown((AT_ONCE - _BURST) / _EDITS)} minutes at best. Final states "
    "go first, but an edit that showed progress a moment before has taken from the same."
)
_NOT_YET = (
    "what is urgent has the next token kept for it, for a moment. Who came back later than that "
    "found that an edit of progress had taken it."
)
_TWO_COUNTS = (
    "the budget counts a call when it is sent, and lets what was saved up go beside what the "
    "minute gives; the workspace counts when a call arrives, in any sixty seconds. Whatever is "
    "answered with 429 waits as long as that says, and is sent again."
)


@dataclass(frozen=True, kw_only=True)
class One:
    """One rollout: how long it took, in seconds, and the calls by method."""

    took: float
    made: Counter[str]


def measure() -> list[Table]:
    """Count the calls of one rollout, then let two hundred begin at once."""
    with bed() as on:
        ones = {pace: _one(on, number, **PACES[pace]) for number, pace in enumerate(PACES)}
    return [calls_table(ones), ends_table(at_once.as_posts(), at_once.as_edits())]


def _one(on: Bed, number: int, **update: int) -> One:
    on.makes(f"web-{number}", 6, Parallelism=1, **update)
    before, began = len(on.stage.client.calls()), time.monotonic()
    rollout = on.types(f"update --env-add BENCH=1 web-{number}")
    on.until_all([rollout], RolloutState.COMPLETED)
    took = time.monotonic() - began
    on.until_spoken()
    methods = [str(call["method"]) for call in on.stage.client.calls()[before:]]
    made = Counter(method for method in methods if method != _IS_SLACK_THERE)
    return One(took=took, made=made)


def calls_table(ones: Mapping[str, One]) -> Table:
    """Show the calls by pace, each with its aim."""
    methods = [
        method for method, _ in sum((one.made for one in ones.values()), Counter()).most_common()
    ]
    rows = [(method, *(str(one.made[method]) for one in ones.values())) for method in methods]
    return Table(
        name=NAME,
        title=TITLES[0],
        about=(
            "Six tasks, one after the other, without trouble; all calls to Slack's Web API but "
            f"`{_IS_SLACK_THERE}`, by which the bot sees, with or without a rollout, that Slack is "
            "there. The "
            "containers of the simulated swarm run half a second after they are made. Three "
            "paces: the shortest monitor and no delay; what Docker does unless it is told (a "
            "monitor of 5 s, no delay); and ten seconds between two tasks, so that there is more "
            "to show. How long the whole rollout takes stands in the last row."
        ),
        head=("method", *ones),
        rows=[
            *rows,
            ("all", *(str(one.made.total()) for one in ones.values())),
            ("from the line to its end, s", *(shown(one.took) for one in ones.values())),
        ],
        verdict=[
            aim(f"calls for a rollout of six tasks, {pace}", one.made.total(), 12, why=_SHOWN)
            for pace, one in ones.items()
        ],
    )


def ends_table(posts: Ended, edits: Ended) -> Table:
    """Show how long two hundred ends take that are posts, and as many that are edits."""
    return Table(
        name=NAME,
        title=TITLES[1],
        about=(
            f"{AT_ONCE} updates of two tasks each in ten channels of one workspace, which keeps "
            "to Slack's published limits (one post a second and channel, fifty edits a minute "
            "and workspace). From the state in the record to the message that shows it. Twice: "
            f"updates that are over within seconds, typed within {shown(posts.typed)} s, so that "
            f"most ends are what is posted first, and {posts.edited} are edits (the last "
            f"{shown(posts.last)} s after the first line); and updates that all are shown "
            "`progressing` and then end in the same moment, so that each end is an edit. "
            f"{IN_TROUBLE} of these are paused by a failing task instead and call for help, and "
            f"{OTHERS} more begin then and progress all the while. An end or a call for help is "
            "said in the thread and the channel, too, which is a post. Of ten, the p99 is the "
            "worst."
        ),
        head=("what is shown", "how many", "p50 s", "p99 s", "the last s"),
        rows=[
            _row("ends of what began seconds ago: mostly a post", posts.ends),
            _row("ends of what was `progressing`: an edit", edits.ends),
            _row("the same ends, in thread and channel: a post", edits.ends_said),
            _row("calls for help, in thread and channel: a post", edits.calls_said),
            _row("the same calls, in the rollout's message: an edit", edits.calls),
        ],
        verdict=(
            aim(
                "each end of what began seconds ago is on Slack within",
                max(posts.ends),
                300,
                " s",
                why=_MANY_POSTS,
            ),
            aim(
                "each end of what was `progressing` is on Slack within",
                max(edits.ends),
                300,
                " s",
                why=_ONE_BUDGET,
            ),
            aim(
                f"of {edits.edits} edits from the last record of these until each rollout's "
                "message showed it, those that told of progress, before a pause or during it",
                edits.edits_of_progress,
                0,
                why=_NOT_YET,
            ),
            aim("answers 429", posts.limited + edits.limited, 0, why=_TWO_COUNTS),
        ),
    )


def _row(what: str, lags: Sequence[float]) -> Sequence[str]:
    late = (median(lags), percentile(lags, 0.99), max(lags))
    return (what, str(len(lags)), *map(shown, late))
