"""What Slack hears: calls for one rollout, and two hundred rollouts at once within its limits."""

import time
from collections import Counter

from bench.bed import SECOND, Bed, bed
from bench.figures import Table, aim, median, percentile, shown
from bot.adapters.redis_budget import LIMITS
from bot.domain.rollout.record import RolloutState
from bot.usecases.speak import EDIT_EVERY

NAME = "speaking"
TITLES = ("Slack calls of one rollout", "Two hundred rollouts at once")
AT_ONCE = 200
_EDITS = LIMITS["chat.update"][0].per_minute
_SHOWN = (
    "what has changed is shown, by an edit every "
    f"{EDIT_EVERY.total_seconds():g} s at most: the calls grow with the time that the tasks take, "
    "and not with their number alone."
)
_ONE_BUDGET = (
    f"Waggle makes {_EDITS:g} edits a minute and workspace, so that {AT_ONCE} final states alone "
    f"take {shown(AT_ONCE / _EDITS)} minutes. Final states go first, but an edit that showed "
    "progress a moment before has taken from the same."
)
_TWO_COUNTS = (
    "the budget counts a call when it is sent, and lets what was saved up go beside what the "
    "minute gives; the workspace counts when a call arrives, in any sixty seconds. Whatever is "
    "answered with 429 waits as long as that says, and is sent again."
)


def measure() -> list[Table]:
    """Count the calls of one rollout, then let two hundred begin at once."""
    return [_one(), _many()]


def _one() -> Table:
    with bed() as on:
        on.makes("web", 6, Parallelism=1, Monitor=SECOND)
        before = len(on.stage.client.calls())
        rollout = on.types("update --env-add BENCH=1 web")
        on.until_all([rollout], RolloutState.COMPLETED)
        on.until_spoken()
        made = Counter(str(call["method"]) for call in on.stage.client.calls()[before:])
    total = sum(made.values())
    return Table(
        name=NAME,
        title=TITLES[0],
        about="Six tasks, one after the other, without trouble; all calls to Slack's Web API.",
        head=("method", "calls"),
        rows=[*((method, str(count)) for method, count in made.most_common()), ("all", str(total))],
        verdict=(aim("calls for a rollout of six tasks", total, 12, why=_SHOWN),),
    )


def _many() -> Table:
    with bed(processes=2, rate_limits=True) as on:
        channels = on.channels()
        for number in range(AT_ONCE):
            on.makes(f"web-{number:03}", 2)
        began = time.time()
        ids = [
            on.types(f"update --env-add BENCH=1 web-{number:03}", channels[number % len(channels)])
            for number in range(AT_ONCE)
        ]
        typed = time.time() - began
        on.until_all(ids, RolloutState.COMPLETED, 600)
        shown_at = _finals(on, ids)
        ended = {each.id: each.ended_at.timestamp() for each in on.rollouts(ids) if each.ended_at}
        limited = [c for c in on.stage.client.calls() if c.get("outcome") == "ratelimited"]
    lags = [shown_at[each] - ended[each] for each in ids]
    return Table(
        name=NAME,
        title=TITLES[1],
        about=(
            f"{AT_ONCE} updates of two tasks each, typed within {shown(typed)} s in "
            f"{len(channels)} channels of one workspace, which keeps to Slack's published limits "
            "(one post a second and channel, fifty edits a minute and workspace). From the final "
            "state in the record to the message that shows it."
        ),
        head=("final state shown after", "s"),
        rows=[
            ("p50", shown(median(lags))),
            ("p99", shown(percentile(lags, 0.99))),
            ("the last, from the first line typed", shown(max(shown_at.values()) - began)),
        ],
        verdict=(
            aim("each final state is on Slack within", max(lags), 300, " s", why=_ONE_BUDGET),
            aim("answers 429", len(limited), 0, why=_TWO_COUNTS),
        ),
    )


def _finals(on: Bed, ids: list[str]) -> dict[str, float]:
    """Return when each rollout's message was first seen to show its end."""
    wanted, found = set(ids), dict[str, float]()
    seq, ends = 0, time.monotonic() + 600
    while wanted - found.keys():
        if time.monotonic() > ends:
            raise TimeoutError(f"{len(wanted - found.keys())} final states are not shown")
        seq, changed = on.stage.client.changes(seq, wait=1.0)
        for message in changed:
            payload = (message.metadata or {}).get("event_payload") or {}
            if message.state == RolloutState.COMPLETED.value and message.thread_ts is None:
                found.setdefault(str(payload.get("rollout_id")), time.time())
    return found
