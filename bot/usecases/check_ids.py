"""Ask Slack about ids: which of them it does not know, and which it was not asked about, and why.

Nothing is guessed: an id is wrong only when Slack has said so.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Final, TypeVar

from bot.ports import (
    Directory,
    IdKind,
    SlackError,
    SlackId,
    SlackRateLimitedError,
    SlackRefusedError,
    SlackUnavailableError,
    Standing,
)

PATIENCE: Final = timedelta(minutes=2)
"""So long it waits in all when Slack wants pauses; its limits are per minute."""

T = TypeVar("T")

_GONE: Final = {
    IdKind.USER: "user {} is deactivated in Slack",
    IdKind.GROUP: "user group {} is disabled in Slack: nobody is in it",
    IdKind.CHANNEL: "channel {} is archived in Slack",
}
_UNKNOWN: Final = {
    IdKind.USER: "Slack knows no user {}",
    IdKind.GROUP: "Slack knows no user group {}",
    IdKind.CHANNEL: "Slack knows no channel {}, or it is private and the bot is not in it",
}
_WRONG: Final = {
    Standing.GONE: _GONE,
    Standing.UNKNOWN: _UNKNOWN,
    Standing.HIDDEN: dict.fromkeys(IdKind, "Slack does not show user {} to the bot"),
    Standing.NO_GROUPS: dict.fromkeys(
        IdKind, "Slack knows no user group {}: the workspace's plan has none"
    ),
}
_UNCHECKED: Final = {
    (Standing.NOT_SEEN, IdKind.USER): "users {}: that takes the optional scope users:read",
    (Standing.NOT_SEEN, IdKind.GROUP): "user groups {}: that takes the scope usergroups:read",
    (Standing.NOT_SEEN, IdKind.CHANNEL): (
        "channels {}: that takes the optional scopes channels:read and, for private ones, "
        "groups:read"
    ),
    (Standing.NOT_PUBLIC, IdKind.CHANNEL): (
        "channels {}, which are no public ones: for private ones that takes the optional scope "
        "groups:read"
    ),
}


@dataclass(frozen=True, kw_only=True)
class Checked:
    """What came of it.

    Attributes:
        known: which there are.
        wrong: which there are not, with the text that says so.
        unchecked: one line for each scope that the token has not, with the ids.
        unasked: one line for each reason why Slack could not be asked, with the ids.
    """

    known: tuple[SlackId, ...] = ()
    wrong: Mapping[SlackId, str] = field(default_factory=dict)
    unchecked: tuple[str, ...] = ()
    unasked: tuple[str, ...] = ()


def check_ids(
    ids: Iterable[SlackId], directory: Directory, pause: Callable[[timedelta], None]
) -> Checked:
    """Ask about each id once.

    Args:
        ids: some, maybe more than once.
        directory: the workspace.
        pause: wait so long.
    """
    left, desk = list(dict.fromkeys(ids)), _Desk(pause)
    if not left:
        return Checked()
    try:
        desk.patiently(directory.introduce)
    except SlackRefusedError as error:
        return Checked(unasked=(f"Slack refuses SLACK_BOT_TOKEN ({error.code})",))
    except SlackError as error:
        return Checked(unasked=(_unasked(_reason(error), left),))
    return _asked(left, directory, desk)


def _asked(ids: list[SlackId], directory: Directory, desk: "_Desk") -> Checked:
    said: dict[SlackId, Standing] = {}
    unasked: defaultdict[str, list[SlackId]] = defaultdict(list)
    for number, each in enumerate(ids):
        try:
            said[each] = desk.patiently(partial(directory.standing, each))
        except SlackRefusedError as error:  # of this one: the next may be answered
            unasked[_reason(error)].append(each)
        except SlackError as error:
            unasked[_reason(error)] += ids[number:]
            break
    return Checked(
        known=tuple(each for each in said if said[each] is Standing.THERE),
        wrong={
            each: _WRONG[stands][each.kind].format(each.id)
            for each, stands in said.items()
            if stands in _WRONG
        },
        unchecked=tuple(_unchecked(said)),
        unasked=tuple(_unasked(reason, which) for reason, which in unasked.items()),
    )


@dataclass
class _Desk:
    """Asks again after the pauses that Slack wants, as long as there is patience."""

    pause: Callable[[timedelta], None]
    left: timedelta = PATIENCE

    def patiently(self, ask: Callable[[], T]) -> T:
        while True:
            try:
                return ask()
            except SlackRateLimitedError as limited:
                if limited.retry_after > self.left:
                    raise
                self.left -= limited.retry_after
                self.pause(limited.retry_after)


def _unchecked(said: Mapping[SlackId, Standing]) -> Iterable[str]:
    for (standing, kind), text in _UNCHECKED.items():
        which = [each for each, stands in said.items() if (stands, each.kind) == (standing, kind)]
        if which:
            yield f"not checked: {text.format(_list(which))}"


def _unasked(reason: str, which: Iterable[SlackId]) -> str:
    return f"Slack could not be asked about {_list(which)}: {reason}"


def _reason(error: SlackError) -> str:
    if isinstance(error, SlackRateLimitedError):
        return f"it wants a pause of {error.retry_after.total_seconds():.0f} s; try again then"
    if isinstance(error, SlackRefusedError):
        return f"it says {error.code}"
    if isinstance(error, SlackUnavailableError):
        return f"it does not answer ({error})"
    return f"it gives no good answer ({error})"


def _list(ids: Iterable[SlackId]) -> str:
    return ", ".join(each.id for each in ids)
