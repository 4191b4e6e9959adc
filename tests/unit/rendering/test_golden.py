"""Each message as a person sees it, and judged by slackblocks' own limits."""

from dataclasses import replace
from pathlib import Path

import pytest

from bot.domain.message import Content
from bot.rendering.guard import guard
from bot.rendering.voice import BlockKitVoice
from tests.unit.rendering import (
    approvals,
    notices,
    samples,
    samples_changes,
    samples_kept,
    samples_lists,
)
from tests.unit.rendering.audit_samples import HEAD
from tests.unit.rendering.golden_files import FOLDER, golden, shown
from tests.unit.rendering.judge import judge

VOICE = BlockKitVoice(open_policy=True)


def _every_message() -> dict[str, Content]:
    made = {f"parent_{name}": VOICE.parent(one) for name, one in samples.rollouts().items()}
    made |= {f"note_{name}": VOICE.note(*pair) for name, pair in samples.notes().items()}
    made |= {f"notice_{name}": VOICE.notice(one) for name, one in notices.notices().items()}
    made |= {f"approval_{name}": VOICE.approval(one) for name, one in approvals.requests().items()}
    made |= {
        f"approval_note_{name}": VOICE.approval_note(*pair)
        for name, pair in approvals.notes().items()
    }
    made |= {f"review_{name}": VOICE.review(one) for name, one in approvals.reviews().items()}
    made |= {f"change_{name}": VOICE.change(one) for name, one in samples_changes.changes().items()}
    made |= {
        f"drain_{name}": VOICE.change_note(*pair)
        for name, pair in samples_changes.drain_notes().items()
    }
    made |= {f"lock_{name}": VOICE.lock(one) for name, one in samples_kept.tellings().items()}
    made["reply_dry_run_drain"] = VOICE.private(samples_changes.a_dry_run())
    lists = samples_lists.lists() | samples_changes.lists()
    made |= {f"reply_{name}": VOICE.private(one) for name, one in lists.items()}
    subscription = samples_kept.a_subscription()
    made["subscribed"] = VOICE.subscribed(subscription)
    made["not_subscribed"] = VOICE.subscribed(replace(subscription, ended_at=subscription.since))
    made["audit_head"] = VOICE.audit_head(HEAD, "2026-11-23")
    return made | {f"reply_{name}": VOICE.private(one) for name, one in samples.replies().items()}


MESSAGES = _every_message()


@pytest.mark.parametrize("name", MESSAGES)
def test_message_is_as_recorded(name: str) -> None:
    assert shown(MESSAGES[name]) == golden(name, MESSAGES[name])


@pytest.mark.parametrize("name", MESSAGES)
def test_an_independent_judge_finds_the_blocks_valid(name: str) -> None:
    judge(MESSAGES[name].blocks)


@pytest.mark.parametrize("name", MESSAGES)
def test_the_guard_has_nothing_to_add_to_what_passed_it(name: str) -> None:
    assert guard(MESSAGES[name]) == MESSAGES[name]


@pytest.mark.parametrize("name", MESSAGES)
def test_the_text_says_all_that_the_blocks_say(name: str) -> None:
    """Screen readers read the text only."""
    content = MESSAGES[name]
    told = content.text.replace("*", "")
    for block in content.blocks:
        if block["type"] in ("section", "header") and "```" not in block["text"]["text"]:
            assert block["text"]["text"].replace("*", "") in told


def test_every_golden_file_belongs_to_a_message() -> None:
    assert {path.stem for path in Path(FOLDER).glob("*.json")} == set(MESSAGES)
