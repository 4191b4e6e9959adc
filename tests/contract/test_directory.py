"""Which ids there are: the fake and Slack's word, over the local workspace."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta

import pytest

from bot.adapters.slack_directory import SlackDirectory
from bot.adapters.slack_writer import slack_client
from bot.ports import (
    Directory,
    IdKind,
    SlackError,
    SlackId,
    SlackRateLimitedError,
    SlackRefusedError,
    SlackUnavailableError,
    SlackUnknownOutcomeError,
    Standing,
)
from bot.slack.manifest import BOT_SCOPES
from playground.workspace import LocalWorkspace
from tests.contract.slack_peer import SlackPeer
from tests.fakes.directory import FakeDirectory

ANN, BOB = SlackId(IdKind.USER, "U0ANN"), SlackId(IdKind.USER, "U0BOB")
NOBODY = SlackId(IdKind.USER, "U0NOBODY")
SRE, OLD = SlackId(IdKind.GROUP, "S0SRE"), SlackId(IdKind.GROUP, "S0OLD")
NONE = SlackId(IdKind.GROUP, "S0NONE")
OPS, DEV = SlackId(IdKind.CHANNEL, "C0OPS"), SlackId(IdKind.CHANNEL, "C0DEV")
NOWHERE = SlackId(IdKind.CHANNEL, "C0NOWHERE")
OURS, THEIRS = SlackId(IdKind.CHANNEL, "C0OURS"), SlackId(IdKind.CHANNEL, "C0THEIRS")

STANDS = {
    ANN: Standing.THERE,
    BOB: Standing.GONE,
    NOBODY: Standing.UNKNOWN,
    SRE: Standing.THERE,
    OLD: Standing.GONE,
    NONE: Standing.UNKNOWN,
    OPS: Standing.THERE,
    DEV: Standing.GONE,
    NOWHERE: Standing.UNKNOWN,
    OURS: Standing.THERE,
    THEIRS: Standing.UNKNOWN,
}


@pytest.fixture
def workspace() -> Iterator[LocalWorkspace]:
    """A workspace in which bob has left, @old is disabled, #dev archived; two private channels."""
    with LocalWorkspace() as made:
        control = made.client.control
        control("deactivate", user="bob")
        control("create_group", handle="old", id="S0OLD", users=["ann"], disabled=True)
        control("archive", channel="dev")
        control("create_channel", name="ours", id="C0OURS", private=True)
        control("create_channel", name="theirs", id="C0THEIRS", private=True, members=["ann"])
        yield made


def asking(workspace: LocalWorkspace, token: str = "") -> SlackDirectory:
    made = SlackDirectory(slack_client(token or workspace.settings.bot_token, workspace.api_url))
    if not token:
        made.introduce()
    return made


# -- both


@dataclass
class Pair:
    """Attributes: away: lets Slack go away."""

    directory: Directory
    away: Callable[[], None]


@pytest.fixture(params=["fake", "slack"])
def pair(request: pytest.FixtureRequest) -> Pair:
    if request.param == "slack":
        workspace: LocalWorkspace = request.getfixturevalue("workspace")
        return Pair(asking(workspace), lambda: workspace.client.down(mode="503"))
    fake = FakeDirectory({of: says for of, says in STANDS.items() if says != Standing.UNKNOWN})
    gone = SlackUnavailableError("HTTP 503")
    return Pair(fake, lambda: fake.troubles.extend([gone] * 3))


def test_slack_is_taken_at_its_word(pair: Pair) -> None:
    assert {of: pair.directory.standing(of) for of in STANDS} == STANDS


def test_with_slack_away_nothing_is_said(pair: Pair) -> None:
    pair.away()
    with pytest.raises(SlackUnavailableError):
        pair.directory.introduce()
    for of in (ANN, OPS):
        with pytest.raises(SlackUnavailableError):
            pair.directory.standing(of)


# -- Slack


def test_the_groups_are_listed_once(workspace: LocalWorkspace) -> None:
    directory = asking(workspace)
    for of in (SRE, OLD, NONE):
        directory.standing(of)
    methods = [call["method"] for call in workspace.client.calls()]
    assert methods == ["auth.test", "usergroups.list"]


def test_what_holds_for_all_of_a_kind_is_asked_once(workspace: LocalWorkspace) -> None:
    workspace.client.configure(scopes=["channels:read"])
    directory = asking(workspace)
    assert {directory.standing(of) for of in (ANN, BOB, SRE, NONE)} == {Standing.NOT_SEEN}
    assert directory.standing(OURS) is Standing.NOT_SEEN
    assert directory.standing(OPS) is Standing.THERE, "channels are of two kinds"
    methods = [call["method"] for call in workspace.client.calls()]
    assert methods == ["auth.test", "users.info", "usergroups.list", *["conversations.info"] * 2]


def test_the_manifest_s_scopes_see_the_groups_alone(workspace: LocalWorkspace) -> None:
    workspace.client.configure(scopes=BOT_SCOPES)
    directory = asking(workspace)
    unseen = {of: Standing.NOT_SEEN for of in STANDS if of.kind is not IdKind.GROUP}
    assert {of: directory.standing(of) for of in STANDS} == {**STANDS, **unseen}


def test_without_the_scope_of_groups_none_is_called_unknown(workspace: LocalWorkspace) -> None:
    workspace.client.configure(scopes=["users:read"])
    assert asking(workspace).standing(NONE) is Standing.NOT_SEEN
    assert asking(workspace).standing(NOBODY) is Standing.UNKNOWN


@pytest.mark.parametrize(
    ("scope", "ours", "nowhere"),
    [
        ("channels:read", Standing.NOT_SEEN, Standing.NOT_PUBLIC),
        ("groups:read", Standing.THERE, Standing.NOT_SEEN),
    ],
)
def test_with_one_scope_of_two_no_channel_is_called_unknown(
    workspace: LocalWorkspace, scope: str, ours: Standing, nowhere: Standing
) -> None:
    workspace.client.configure(scopes=[scope])
    directory = asking(workspace)
    assert directory.standing(OURS) is ours
    assert directory.standing(NOWHERE) is nowhere
    assert directory.standing(THEIRS) is nowhere


def test_where_slack_does_not_name_the_scopes_no_channel_is_called_unknown() -> None:
    with SlackPeer() as peer:
        directory = SlackDirectory(slack_client("xoxb-1", peer.url + "/"))
        directory.introduce()
        peer.answer({"ok": False, "error": "channel_not_found"})
        assert directory.standing(NOWHERE) is Standing.NOT_SEEN


@pytest.mark.parametrize(
    ("of", "word", "says"),
    [
        (ANN, "user_not_visible", Standing.HIDDEN),
        (SRE, "paid_teams_only", Standing.NO_GROUPS),
        (SRE, "plan_upgrade_required", Standing.NO_GROUPS),
    ],
)
def test_other_words_of_slack_about_an_id(
    workspace: LocalWorkspace, of: SlackId, word: str, says: Standing
) -> None:
    directory = asking(workspace)
    workspace.client.fault("error", word=word)
    assert directory.standing(of) is says


def test_a_token_that_slack_does_not_take_is_refused(workspace: LocalWorkspace) -> None:
    with pytest.raises(SlackRefusedError) as refused:
        asking(workspace, "xoxb-wrong").introduce()
    assert refused.value.code == "invalid_auth"


@pytest.mark.parametrize("of", [ANN, SRE, OPS])
def test_what_is_no_word_about_an_id_is_raised(workspace: LocalWorkspace, of: SlackId) -> None:
    directory = asking(workspace)
    workspace.client.fault("error", word="team_access_not_granted")
    with pytest.raises(SlackRefusedError, match="team_access_not_granted"):
        directory.standing(of)
    workspace.client.fault("storm", seconds=7)
    with pytest.raises(SlackRateLimitedError) as limited:
        directory.standing(of)
    assert limited.value.retry_after == timedelta(seconds=7)
    workspace.client.fault("lose_reply")
    with pytest.raises(SlackError):
        directory.standing(of)
    assert directory.standing(of) is Standing.THERE


@pytest.mark.parametrize("of", [ANN, SRE, OPS])
@pytest.mark.parametrize("body", [{"ok": True}, {"ok": True, "user": 1, "channel": [], "x": {}}])
def test_an_answer_without_what_was_asked_for_says_nothing(of: SlackId, body: object) -> None:
    with SlackPeer() as peer:
        peer.answer(body)
        with pytest.raises(SlackUnknownOutcomeError):
            SlackDirectory(slack_client("xoxb-1", peer.url + "/")).standing(of)


def test_a_second_page_of_groups_is_asked_for() -> None:
    with SlackPeer() as peer:
        more = {"response_metadata": {"next_cursor": "abc="}}
        peer.answer({"ok": True, "usergroups": [{"id": "S0A", "date_delete": 0}], **more})
        peer.answer({"ok": True, "usergroups": [{"id": "S0B", "date_delete": 1446670362}]})
        directory = SlackDirectory(slack_client("xoxb-1", peer.url + "/"))
        standings = [directory.standing(SlackId(IdKind.GROUP, each)) for each in ("S0B", "S0A")]
        first, second = peer.asked
    assert standings == [Standing.GONE, Standing.THERE]
    assert first.body["include_disabled"] == "1"
    assert "cursor" not in first.body
    assert second.body["cursor"] == "abc="
