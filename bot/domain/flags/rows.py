"""Shapes of rows that the flag table has several times."""

from __future__ import annotations

from bot.domain.flags import kinds as k
from bot.domain.flags.flag import Effect, Flag
from bot.domain.flags.kinds import Kind, choice
from bot.domain.flags.verb import Verb

CREATE = (Verb.CREATE,)
UPDATE = (Verb.UPDATE,)
BOTH = (Verb.CREATE, Verb.UPDATE)
TASK = "TaskTemplate"
CONTAINER = "TaskTemplate.ContainerSpec"


def sets(path: str, rule: str = "set") -> Effect:
    """The last value counts and goes into one field."""
    return Effect(rule, path)


def pair(
    stem: str, add: Kind, rm: Kind, effect: tuple[str, str], what: str, since: str = ""
) -> tuple[Flag, ...]:
    """X of create and X-add, X-rm of update: three flags of one list in the spec."""
    rule, path = effect
    short = {"env": "e", "label": "l", "publish": "p"}.get(stem, "")

    def row(name: str, kind: Kind, verbs: tuple[Verb, ...], text: str, role: str) -> Flag:
        return Flag(
            name,
            kind,
            verbs,
            text,
            short if name == stem else "",
            Effect(rule, path, role),
            many=True,
            secret=stem == "env" and role == "add",
            since=since,
        )

    return (
        row(stem, add, CREATE, what[0].upper() + what[1:], "add"),
        row(f"{stem}-add", add, UPDATE, f"Add: {what}", "add"),
        row(f"{stem}-rm", rm, UPDATE, f"Remove: {what}", "rm"),
    )


def change_config(stem: str, path: str, what: str, actions: Kind) -> tuple[Flag, ...]:
    """The six flags of --update-* and of --rollback-*; one of them fills the rest with defaults."""
    since = {"Monitor": "1.25", "MaxFailureRatio": "1.25", "Order": "1.29"}
    rolled_back = {"Order": "1.29"}

    def row(name: str, kind: Kind, field: str, text: str) -> Flag:
        asked = since.get(field, "") if stem == "update" else rolled_back.get(field, "1.28")
        effect = Effect("change_config", path, field)
        return Flag(f"{stem}-{name}", kind, BOTH, text, effect=effect, since=asked)

    return (
        row("parallelism", k.COUNT, "Parallelism", f"Tasks {what} at once (0: all)"),
        row("delay", k.DURATION, "Delay", f"Pause between tasks {what}"),
        row("monitor", k.DURATION, "Monitor", "How long each new task is watched for failure"),
        row(
            "order", choice("stop-first", "start-first"), "Order", "Which of old and new goes first"
        ),
        row("failure-action", actions, "FailureAction", "What to do when tasks fail"),
        row("max-failure-ratio", k.RATIO, "MaxFailureRatio", "Share of failures to bear (0 to 1)"),
    )


def health(name: str, kind: Kind, field: str, text: str, since: str = "1.25") -> Flag:
    """One field of the health check."""
    effect = Effect("healthcheck", f"{CONTAINER}.Healthcheck", field)
    return Flag(name, kind, BOTH, text, effect=effect, since=since)


def restart(name: str, kind: Kind, field: str, text: str) -> Flag:
    """One field of the restart policy."""
    effect = Effect("restart", f"{TASK}.RestartPolicy", field)
    return Flag(f"restart-{name}", kind, BOTH, text, effect=effect)


def break_glass(*verbs: Verb) -> Flag:
    """The row by which rules are passed by; of its own, for what it needs no other flag does."""
    what = "Pass approvals, freezes and locks by, and why; loud"
    return Flag("break-glass", k.REASON, verbs, what, option="break_glass")
