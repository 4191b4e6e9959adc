"""Sentences about a rollout that the parent and the thread share. All return mrkdwn."""

from bot.domain.change import ActionKind, Change
from bot.domain.plan import Kind
from bot.domain.request import Request
from bot.domain.rollout.act import legal_actions
from bot.domain.rollout.record import Rollout, RolloutState, TaskFailure
from bot.domain.rollout.standing import is_swarms_own_way, makes_current
from bot.domain.typed import typed
from bot.rendering.cut import cut_line
from bot.rendering.diffs import headline
from bot.rendering.escape import clean, code, fence, link, naming, one_line, person
from bot.rendering.words import counted, elapsed, public_state, span, title

_LONGEST_ERROR = 500
_LOG_LINES, _LOG_WIDTH = 15, 160
_HASH_SHOWN = 8
_NOT_DONE = frozenset({RolloutState.FAILED, RolloutState.ABORTED, RolloutState.SUPERSEDED})
_COMMANDS = {
    ActionKind.RESUME: ("resume", "post the same spec again and go on"),
    ActionKind.ROLLBACK: ("rollback", "go back to revision {back_to}"),
    ActionKind.ABORT: ("abort", "stop following, leave it as it is"),
    ActionKind.KEEP_WAITING: ("wait", "give it another {deadline}"),
    ActionKind.UNSTICK: ("unstick", "post the same spec again"),
}


def under(policy_hash: str) -> str:
    """Return by which version of the rules: the first digits of its hash, as the log has them."""
    return f"policy {code(policy_hash[:_HASH_SHOWN])}" if policy_hash else ""


def subject(rollout: Rollout) -> str:
    """Return `update web` and where, enough to stand alone in the channel."""
    return f"*{one_line(title(rollout))}* (cluster {one_line(rollout.cluster)})"


def change(rollout: Rollout) -> str:
    """Return the change as old → new in a line; one that is not what runs now is said so."""
    told = headline(rollout.plan.changes) if rollout.plan else ""
    undone = rollout.going_back and rollout.kind is not Kind.ROLLBACK
    if told and (undone or public_state(rollout) in _NOT_DONE):
        return f"asked for: {told}"
    return told


def count(rollout: Rollout) -> str:
    """Return `4/6 updated` (or `rolled back`), and how many run anything when not all do."""
    progress = rollout.progress
    if progress is None:
        return "not begun"
    back = rollout.going_back or rollout.kind is Kind.ROLLBACK
    text = f"{progress.updated}/{progress.total} {'rolled back' if back else 'updated'}"
    if progress.running < progress.total:
        text += f" · {progress.running} running"
    return text


def waiting(rollout: Rollout) -> str:
    """Return what it waits for; nothing when the reason says it already."""
    hint = rollout.progress.waiting_for if rollout.progress else ""
    if not hint or hint in rollout.reason:
        return ""
    return f"waiting for: {one_line(hint)}"


def timing(rollout: Rollout) -> str:
    """Return elapsed and expected time, or how long it took; nothing before the start."""
    past = elapsed(rollout)
    if past is None:
        return ""
    if rollout.ended_at is not None:
        return f"took {span(past)}"
    expected = rollout.progress.expected if rollout.progress else None
    return f"elapsed {span(past)}" + (f", expected about {span(expected)}" if expected else "")


def asked_reason(request: Request) -> str:
    """Return what was given as `--reason`, on one line; empty if nothing."""
    options = request.command.get("options")
    reason = options.get("reason") if isinstance(options, dict) else None
    return one_line(reason) if isinstance(reason, str) else ""


def approval(subject: Rollout | Change) -> str:
    """Return by which approval it runs, as a link to the request; empty if it needed none."""
    if subject.approval_id is None:
        return ""
    named = subject.approval_id
    return (
        f"approved: {link(subject.approval_link, named) if subject.approval_link else code(named)}"
    )


def why(rollout: Rollout) -> str:
    """Return the sentence for the person: why it is paused, stalled or failed."""
    people = {rollout.request.by.user, rollout.blame or ""}
    return naming(one_line(cut_line(clean(rollout.reason), _LONGEST_ERROR)), people)


def failing(failure: TaskFailure) -> str:
    """Return which task on which node, its error and its exit code."""
    line = f"{code(failure.label)} on {code(failure.node) or 'no node'}: {one_line(failure.state)}"
    if failure.exit_code is not None:
        line += f", exit code {failure.exit_code}"
    if failure.error:
        line += f", {code(cut_line(clean(failure.error), _LONGEST_ERROR))}"
    return line


def last_words(rollout: Rollout, command: str) -> list[str]:
    """Return the failing task's last log lines as a code block; nothing if there are none.

    Where lines or ends of lines are left out it says so, and how to see them.
    """
    log = rollout.failure.log if rollout.failure else ()
    if not log:
        return []
    kept = [cut_line(clean(line), _LOG_WIDTH) for line in log[-_LOG_LINES:]]
    earlier = len(log) - len(kept)
    told = f"last {counted(len(kept), 'log line')}"
    if earlier:
        line = typed(f"{command} logs {rollout.service}", rollout.cluster)
        told += f" ({earlier} earlier: {code(line)})"
    return [f"{told}:\n{fence(kept)}"]


def revisions(rollout: Rollout) -> str:
    """Return `revision 3 → 4`; of a change that did not stay, where the service is."""
    old, new = rollout.from_revision, rollout.to_revision
    if rollout.going_back and rollout.kind is not Kind.ROLLBACK:
        number = makes_current(rollout)
        return f"back to revision {number}" if number is not None else ""
    if old is None:
        return f"revision {new}" if new is not None else ""
    return f"revision {old} → {new}" if new is not None else f"revision {old}"


def advice(rollout: Rollout, command: str) -> list[str]:
    """Return one line for each thing that a person can do now, as a command."""
    slots = {"back_to": rollout.back_to, "deadline": span(rollout.deadline)}
    return [
        f"{code(typed(f'{command} {verb} {rollout.service}', rollout.cluster))} – "
        f"{what.format(**slots)}"
        for verb, what in (_COMMANDS[kind] for kind in legal_actions(rollout))
    ]


def going_back(rollout: Rollout) -> str:
    """Return where it goes back to, and who wants it so."""
    number = makes_current(rollout)
    place = f"revision {number}" if number is not None else "what was there before"
    if rollout.kind is Kind.ROLLBACK:
        return f"goes back to {place}"
    if is_swarms_own_way(rollout):
        who = "by Swarm itself"
    else:
        who = f"asked by {person(rollout.blame)}" if rollout.blame else "as its failure action asks"
    return f"goes back to {place}, {who}"
