"""Every state shows exactly the buttons that are legal, and they go away at the end."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.change import ChangeState
from bot.domain.message import Content
from bot.domain.rollout.record import RolloutState
from bot.rendering.voice import BlockKitVoice
from tests.builders import a_rollout
from tests.unit.rendering.samples_changes import a_change

VOICE = BlockKitVoice(open_policy=False)
S = RolloutState
EXPECTED = {
    S.PROGRESSING: ["rollback", "abort"],
    S.PAUSED: ["resume", "rollback", "abort"],
    S.STALLED: ["keep_waiting", "unstick", "rollback", "abort"],
    S.ROLLING_BACK: ["abort"],
}


def buttons(content: Content) -> list[dict[str, Any]]:
    rows = [block["elements"] for block in content.blocks if block["type"] == "actions"]
    return [button for row in rows for button in row]


def kinds(content: Content) -> list[str]:
    return [button["action_id"].removeprefix("waggle.act.") for button in buttons(content)]


@given(
    st.sampled_from([state for state in S if state is not S.ACCEPTED]),
    st.one_of(st.none(), st.integers(1, 99)),
    st.booleans(),
)
def test_exactly_the_legal_buttons(state: S, back_to: int | None, going_back: bool) -> None:  # noqa: FBT001  a case's figure
    going_back = going_back or state is S.ROLLING_BACK
    rollout = a_rollout(state=state, back_to=back_to, going_back=going_back)
    expected = EXPECTED.get(state, [])
    if back_to is None or going_back:
        expected = [kind for kind in expected if kind != "rollback"]
    assert kinds(VOICE.parent(rollout)) == expected


@pytest.mark.parametrize("state", EXPECTED)
def test_a_button_carries_the_id_and_nothing_else(state: S) -> None:
    for button in buttons(VOICE.parent(a_rollout(state=state, id="r-7k"))):
        assert button["value"] == "r-7k"


@pytest.mark.parametrize("state", EXPECTED)
def test_roll_back_and_abort_ask_first(state: S) -> None:
    for button in buttons(VOICE.parent(a_rollout(state=state))):
        asks = button["action_id"] in ("waggle.act.rollback", "waggle.act.abort")
        assert ("confirm" in button) == asks


@pytest.mark.parametrize("state", ChangeState)
def test_a_removal_can_be_confirmed_once_and_a_drain_aborted(state: ChangeState) -> None:
    expected = {
        ChangeState.CONFIRMING: ["confirm", "cancel"],
        ChangeState.DRAINING: ["abort"],
        ChangeState.STALLED: ["keep_waiting", "abort"],
    }.get(state, [])
    made = VOICE.change(a_change(state))
    assert kinds(made) == expected
    assert {button["value"] for button in buttons(made)} <= {"c-9x"}


def test_the_commands_in_the_text_are_those_of_the_buttons() -> None:
    text = VOICE.parent(a_rollout(state=S.STALLED)).text
    for typed in ("/swarm wait web", "/swarm unstick web", "/swarm rollback web"):
        assert f"`{typed}`" in text
    assert "/swarm resume" not in text
