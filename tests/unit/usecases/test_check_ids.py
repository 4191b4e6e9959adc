"""Which ids Slack does not know, and about which it was not asked."""

from datetime import timedelta

import pytest

from bot.ports import (
    IdKind,
    SlackError,
    SlackId,
    SlackRateLimitedError,
    SlackRefusedError,
    SlackUnavailableError,
    SlackUnknownOutcomeError,
    Standing,
)
from bot.usecases.check_ids import PATIENCE, Checked, check_ids
from tests.fakes.directory import FakeDirectory

ANN, BOB = SlackId(IdKind.USER, "U0ANN"), SlackId(IdKind.USER, "U0BOB")
SRE, OPS = SlackId(IdKind.GROUP, "S0SRE"), SlackId(IdKind.CHANNEL, "C0OPS")
REL = SlackId(IdKind.CHANNEL, "C0REL")
FOR_CHANNELS = "that takes the optional scopes channels:read and, for private ones, groups:read"
ALL = (ANN, BOB, SRE, OPS, REL)


class Pauses(list[timedelta]):
    def __call__(self, how_long: timedelta) -> None:
        self.append(how_long)


def slow(seconds: float) -> SlackRateLimitedError:
    return SlackRateLimitedError(timedelta(seconds=seconds), "users.info")


def said(directory: FakeDirectory, *ids: SlackId) -> Checked:
    return check_ids(ids or ALL, directory, Pauses())


def there(*ids: SlackId) -> dict[SlackId, Standing]:
    return dict.fromkeys(ids, Standing.THERE)


def test_what_is_there_is_known_and_each_is_asked_about_once() -> None:
    directory = FakeDirectory(there(*ALL))
    assert said(directory, *ALL, ANN, OPS) == Checked(known=ALL)
    assert directory.asked == [None, *ALL]


def test_of_nothing_nobody_is_asked() -> None:
    directory = FakeDirectory()
    assert check_ids([], directory, Pauses()) == Checked()
    assert directory.asked == []


@pytest.mark.parametrize(
    ("of", "stands", "text"),
    [
        (ANN, Standing.UNKNOWN, "Slack knows no user U0ANN"),
        (SRE, Standing.UNKNOWN, "Slack knows no user group S0SRE"),
        (
            OPS,
            Standing.UNKNOWN,
            "Slack knows no channel C0OPS, or it is private and the bot is not in it",
        ),
        (ANN, Standing.GONE, "user U0ANN is deactivated in Slack"),
        (SRE, Standing.GONE, "user group S0SRE is disabled in Slack: nobody is in it"),
        (OPS, Standing.GONE, "channel C0OPS is archived in Slack"),
        (ANN, Standing.HIDDEN, "Slack does not show user U0ANN to the bot"),
        (
            SRE,
            Standing.NO_GROUPS,
            "Slack knows no user group S0SRE: the workspace's plan has none",
        ),
    ],
)
def test_what_is_wrong_is_said_of_the_kind(of: SlackId, stands: Standing, text: str) -> None:
    others = tuple(each for each in ALL if each != of)
    found = said(FakeDirectory({**there(*others), of: stands}))
    assert found == Checked(known=others, wrong={of: text})


def test_what_the_token_may_not_see_is_told_once_for_each_scope_and_is_not_wrong() -> None:
    found = said(FakeDirectory({**dict.fromkeys(ALL, Standing.NOT_SEEN), SRE: Standing.THERE}))
    assert found == Checked(
        known=(SRE,),
        unchecked=(
            "not checked: users U0ANN, U0BOB: that takes the optional scope users:read",
            "not checked: channels C0OPS, C0REL: " + FOR_CHANNELS,
        ),
    )


def test_a_scope_that_the_manifest_has_is_no_optional_one() -> None:
    found = said(FakeDirectory({SRE: Standing.NOT_SEEN}), SRE)
    assert found.unchecked == (
        "not checked: user groups S0SRE: that takes the scope usergroups:read",
    )


def test_what_is_no_public_channel_may_be_a_private_one() -> None:
    found = said(FakeDirectory({OPS: Standing.THERE, REL: Standing.NOT_PUBLIC}), OPS, REL)
    assert found.wrong == {}
    (line,) = found.unchecked
    assert line == (
        "not checked: channels C0REL, which are no public ones: for private ones that takes the "
        "optional scope groups:read"
    )


def test_a_token_that_slack_refuses_is_told_alone() -> None:
    directory = FakeDirectory(troubles=[SlackRefusedError("invalid_auth")])
    assert said(directory) == Checked(unasked=("Slack refuses SLACK_BOT_TOKEN (invalid_auth)",))
    assert directory.asked == [None]


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (SlackUnavailableError("Connection refused"), "it does not answer (Connection refused)"),
        (SlackUnknownOutcomeError("timeout"), "it gives no good answer (timeout)"),
        (slow(600), "it wants a pause of 600 s; try again then"),
    ],
)
def test_with_slack_away_nothing_is_guessed(error: SlackError, why: str) -> None:
    at_once = said(FakeDirectory(there(*ALL), troubles=[error]), ANN, OPS)
    assert at_once == Checked(unasked=(f"Slack could not be asked about U0ANN, C0OPS: {why}",))
    later = said(FakeDirectory({ANN: Standing.THERE}, troubles=[None, None, None, error]))
    assert later == Checked(
        known=(ANN,),
        wrong={BOB: "Slack knows no user U0BOB"},
        unasked=(f"Slack could not be asked about S0SRE, C0OPS, C0REL: {why}",),
    )


def test_what_slack_says_of_one_does_not_keep_it_from_being_asked_about_the_next() -> None:
    odd = SlackRefusedError("team_access_not_granted")
    found = said(FakeDirectory(there(*ALL), refuses={ANN: odd, OPS: odd}))
    assert found == Checked(
        known=(BOB, SRE, REL),
        unasked=("Slack could not be asked about U0ANN, C0OPS: it says team_access_not_granted",),
    )


def test_pauses_are_kept_as_long_as_there_is_patience() -> None:
    half, pauses = PATIENCE.total_seconds() / 2, Pauses()
    directory = FakeDirectory(there(*ALL), troubles=[slow(half), None, slow(half), None, slow(1)])
    found = check_ids(ALL, directory, pauses)
    assert pauses == [timedelta(seconds=half)] * 2
    assert directory.asked == [None, None, ANN, ANN, BOB]
    assert found.known == (ANN,)
    (line,) = found.unasked
    assert line == (
        "Slack could not be asked about U0BOB, S0SRE, C0OPS, C0REL: "
        "it wants a pause of 1 s; try again then"
    )
