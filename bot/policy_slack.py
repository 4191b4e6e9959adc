"""What `waggle policy check --slack` does: have Slack look at the ids that a file names."""

import logging
import sys
import time
from collections.abc import Sequence
from datetime import timedelta

from bot.adapters.slack_directory import SlackDirectory
from bot.adapters.slack_writer import slack_client
from bot.ports import IdKind, SlackId
from bot.usecases.check_ids import Checked, check_ids
from config.policy_ids import NamedId
from config.settings import SlackSettings

_NONE = "It names no id of Slack's."


def ask(named: Sequence[NamedId], settings: SlackSettings) -> Checked:
    """Ask about each id; waits where Slack wants pauses, and says so."""
    # what the library has to say of a failed call is said in words of our own
    logging.getLogger("slack_sdk").addHandler(logging.NullHandler())
    client = slack_client(settings.slack_bot_token.get_secret_value(), settings.slack_api_url)
    return check_ids(map(_id, named), SlackDirectory(client), _pause)


def problems(name: str, named: Sequence[NamedId], checked: Checked) -> list[str]:
    """Return a line for each place of an id that Slack does not know; `name` is the file's."""
    return [
        f"{name}:{each.at.line}:{each.at.column}: {checked.wrong[_id(each)]}"
        for each in named
        if _id(each) in checked.wrong
    ]


def summary(named: Sequence[NamedId], checked: Checked) -> str:
    """Return one line: how many of the ids Slack knows."""
    ids = set(map(_id, named))
    return f"Slack knows {len(checked.known)} of the {len(ids)} ids in it." if ids else _NONE


def _id(named: NamedId) -> SlackId:
    return SlackId(IdKind(named.kind), named.id)


def _pause(how_long: timedelta) -> None:
    seconds = how_long.total_seconds()
    sys.stderr.write(f"waggle policy: Slack wants a pause of {seconds:.0f} s\n")
    time.sleep(seconds)
