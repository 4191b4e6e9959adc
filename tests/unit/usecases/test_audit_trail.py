"""What the audit log says of the life of a rollout; and nothing is done that it cannot say."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.approval import approval_id
from bot.domain.audit import AuditEntry, Keys, from_line, verify
from bot.domain.change import ActionKind
from bot.domain.message import Message
from bot.domain.policy import NOBODY
from bot.ports import ConflictError, Fence, StoreUnavailableError
from tests.fakes.store import AUDIT_KEY
from tests.unit.usecases.approving import CAT, DAN, RULE, a_policy, asking
from tests.unit.usecases.bed import ANN, BOB, Bed, made

UPDATE = "update --image reg/httpd:v2 web"


def entries(bed: Bed, subject: str = "") -> list[AuditEntry]:
    verdict = verify(bed.store.audit_lines, Keys(AUDIT_KEY), [bed.store.audit_head])
    assert verdict.fault is None, verdict.fault
    found = [from_line(line) for line in bed.store.audit_lines]
    return [each for each in found if subject in {"", each.draft.subject}]


def words(bed: Bed, subject: str = "") -> list[str]:
    return [each.draft.what for each in entries(bed, subject)]


def test_an_update_from_its_request_to_its_end() -> None:
    bed = made(2)
    rollout = bed.done(UPDATE)
    told = {each.draft.what: each.draft for each in entries(bed, rollout.id)}
    assert list(told) == ["accepted", "planned", "started", "posted", "completed"]
    assert all(draft.target == "web" and draft.place == "C1" for draft in told.values())
    assert told["planned"].decision is not None
    assert rollout.plan is not None
    assert told["posted"].fingerprint == rollout.plan.fingerprint
    assert told["completed"].result == "revision 2"
    assert (told["completed"].source, told["accepted"].source) == ("steward", "slash")


def test_a_rollback_by_another_person_is_that_persons() -> None:
    bed = made(2)
    rollout = bed.type(UPDATE)
    bed.until(rollout, "progressing")
    bed.tick()
    action = bed.click(ActionKind.ROLLBACK, rollout, BOB)
    bed.until(rollout, "rolled_back")
    told = {each.draft.what: each.draft for each in entries(bed, rollout)}
    assert (told["rolling_back"].who, told["rolling_back"].source) == (BOB, "button")
    assert told["rolled_back"].source == "steward"
    assert words(bed, action) == ["accepted", "done"]


def test_a_denial_by_the_worker_names_the_rule() -> None:
    bed = made(2)
    bed.policies.policy = NOBODY
    for line in (UPDATE, "rm web"):
        record = bed.type(line)
        bed.work()
        refused = entries(bed, record)[-1].draft
        assert refused.what == "refused"
        assert refused.decision is not None
        assert (refused.decision.outcome, refused.decision.rule) == ("deny", "no grant")


def test_rights_that_went_meanwhile_are_named_right_before_the_change() -> None:
    bed = made(2)
    bed.fault = lambda at: _forbid(bed) if at == "announce.after_post" else None
    rollout = bed.type(UPDATE)
    bed.work()
    failed = entries(bed, rollout)[-1].draft
    assert failed.what == "failed"
    assert failed.decision is not None
    assert failed.decision.outcome == "deny"


def _forbid(bed: Bed) -> None:
    bed.policies.policy = NOBODY


def test_a_removal_from_its_request_to_the_click() -> None:
    bed = made(2)
    change = bed.type("rm web")
    bed.work()
    bed.click(ActionKind.CONFIRM, change, BOB)
    bed.work()
    told = {each.draft.what: each.draft for each in entries(bed, change)}
    assert list(told) == ["accepted", "planned", "confirmed", "removed"]
    assert told["confirmed"].who == BOB


def test_a_denied_click_on_a_removal_names_the_rule() -> None:
    bed = made(2)
    change = bed.type("rm web")
    bed.work()
    _forbid(bed)
    action = bed.click(ActionKind.CONFIRM, change, BOB)
    bed.work()
    refused = entries(bed, action)[-1].draft
    assert (refused.what, refused.who) == ("refused", BOB)
    assert refused.decision is not None


@pytest.mark.parametrize("line", [UPDATE, "rm web", "node update --availability drain n1"])
def test_nothing_is_planned_while_the_copy_cannot_be_written(line: str) -> None:
    bed = made(2)
    bed.mirror.broken = "No space left on device"
    writes, record = bed.writes(), bed.type(line)
    bed.work()
    assert bed.writes() == writes
    assert "No space left on device" in bed.private(record)
    assert words(bed, record) == ["accepted", "refused"]


def test_nothing_is_sent_when_the_disk_fills_up_right_before() -> None:
    bed = made(2)
    bed.fault = lambda at: _fill(bed) if at == "announce.after_post" else None
    writes, rollout = bed.writes(), bed.type(UPDATE)
    bed.work()
    assert bed.writes() == writes
    assert bed.rollout(rollout).state == "failed"
    assert "No space left" in bed.rollout(rollout).reason
    assert bed.store.live_rollout("default", "web") is None


def test_a_removal_is_not_made_when_the_disk_fills_up_right_before() -> None:
    bed = made(2)
    change = bed.type("rm web")
    bed.work()
    _fill(bed)
    writes = bed.writes()
    bed.click(ActionKind.CONFIRM, change)
    bed.work()
    assert bed.writes() == writes
    assert "No space left" in bed.change(change).reason


def _fill(bed: Bed) -> None:
    bed.mirror.broken = "No space left on device"


def test_a_rollback_under_way_waits_for_the_disk_and_then_goes_on() -> None:
    bed = made(2)
    rollout = bed.type(UPDATE)
    bed.until(rollout, "progressing")
    bed.tick()
    _fill(bed)
    bed.click(ActionKind.ROLLBACK, rollout)
    writes = bed.writes()
    with pytest.raises(StoreUnavailableError, match="No space left"):
        bed.work()
    assert bed.rollout(rollout).state == "rolling_back"
    assert bed.writes() == writes
    bed.mirror.broken = ""
    bed.until(rollout, "rolled_back")


def test_the_entry_of_a_posting_is_on_the_disk_before_the_engine_hears_of_it() -> None:
    bed = made(2)
    kept: list[list[str]] = []

    def look(at: str) -> None:
        if at == "apply.before_post":
            kept.append([from_line(line).draft.what for line in bed.mirror.kept])

    bed.fault = look
    bed.done(UPDATE)
    assert kept[0][-1] == "started"


# -- the steward's part


def test_the_steward_keeps_the_copy_up_and_says_trouble_once() -> None:
    bed = made(1)
    bed.tick()
    assert bed.mirror.kept == bed.store.audit_lines
    _fill(bed)
    for _ in range(5):
        bed.tick()
    assert [text for text in bed.said if "No space left" in text] == bed.said
    assert len(bed.said) == 1
    bed.clock.advance(301)
    bed.tick()
    assert len(bed.said) == 2


def test_the_head_is_said_once_a_day_whoever_is_the_steward() -> None:
    bed = Bed(audit_channel="C0AUDIT")
    bed.use.supervise.audit.run(Fence(cluster="default", epoch=0))
    assert _heads(bed) == [], "there is nothing to say of an empty log"
    bed.done("create --name web reg/httpd:v1")
    bed.use = bed.wired()  # another steward: it does not remember
    bed.tick()
    bed.tick()
    (first,) = _heads(bed)
    seq = first.wanted.metadata["event_payload"]["seq"] if first.wanted.metadata else 0
    said = from_line(bed.store.audit_lines[seq - 1])
    assert said.hash in first.wanted.text
    assert f"waggle audit verify --head {said.hash}" in first.wanted.text
    bed.clock.advance(timedelta(days=1).total_seconds())
    bed.tick()
    bed.tick()
    assert len(_heads(bed)) == 2


def test_without_a_channel_no_head_is_said() -> None:
    bed = made(1)
    bed.tick()
    assert _heads(bed) == []


def test_a_former_steward_says_no_head() -> None:
    bed = Bed(audit_channel="C0AUDIT")
    bed.type("create --name web reg/httpd:v1")
    bed.leases.acquire("default", "one", timedelta(seconds=1))
    with pytest.raises(ConflictError):
        bed.use.supervise.tick("default", 7)


def _heads(bed: Bed) -> list[Message]:
    puts = [put.record for commit in bed.store.commits for put in commit.puts]
    heads = {r.id for r in puts if isinstance(r, Message) and r.id.startswith("audit-head-")}
    rows = [bed.store.get(Message, name) for name in sorted(heads)]
    shown = [row.value for row in rows if row]
    assert all(row.address.channel == "C0AUDIT" and row.sent for row in shown)
    return shown


# -- what the rules said, and what passed them by


def test_each_step_of_a_removal_that_people_are_asked_for_names_its_rule() -> None:
    bed = asking()
    change = bed.type("rm web")
    bed.work()
    bed.votes(approval_id(change), CAT, DAN)
    told = {each.draft.what: each.draft.decision for each in entries(bed, change)}
    assert list(told) == ["accepted", "awaiting", "started", "removed"]
    asked, started = told["awaiting"], told["started"]
    assert asked is not None
    assert (asked.outcome, asked.rule) == ("require_approval", "environments.production.approvals")
    assert started is not None
    assert started.rule == asked.rule


def test_a_rollout_that_people_are_asked_for_names_the_rule() -> None:
    bed = asking()
    approval = bed.asked()
    told = {each.draft.what: each.draft for each in entries(bed, bed.approval(approval).subject)}
    decision = told["awaiting"].decision
    assert decision is not None
    assert decision.rule == "environments.production.approvals"


@pytest.mark.parametrize(
    ("line", "word"),
    [("update --image reg/httpd:v2 --break-glass fire web", "planned"),
     ("rm --break-glass fire web", "started")],
)  # fmt: skip
def test_broken_glass_is_an_entry_of_its_own_and_so_is_each_review(line: str, word: str) -> None:
    bed = asking()
    record = bed.type(line, CAT)
    bed.work()
    bed.settle(30)
    told = {each.draft.what: each.draft for each in entries(bed, record)}
    broken, decision = told["glass_broken"], told[word].decision
    assert (broken.who, broken.result, broken.target) == (CAT, "fire", "web")
    assert decision is not None
    assert "passed by" in decision.reasons[-1]
    bed.clicks(ActionKind.REVIEW, record, BOB)
    reviewed = entries(bed, record)[-1].draft
    assert (reviewed.what, reviewed.who, reviewed.source) == ("reviewed", BOB, "button")
    assert reviewed.result == "1 of 2"
    assert words(bed, record).count("glass_broken") == 1


def test_the_click_that_confirms_names_the_rule() -> None:
    bed = asking()
    bed.policies.policy = a_policy(replace(RULE, verbs=frozenset()))
    change = bed.type("rm web")
    bed.work()
    bed.clicks(ActionKind.CONFIRM, change, BOB)
    told = {each.draft.what: each.draft.decision for each in entries(bed, change)}
    assert told["planned"] is not None
    assert told["confirmed"] is not None
    assert told["confirmed"].rule == "grants[1] (team)"


def test_a_lock_has_entries_from_its_beginning_to_its_end() -> None:
    bed = made(1)
    bed.type("lock --reason 'the big sale' web")
    bed.work()
    bed.type("unlock --steal --reason 'it is over' web", BOB)
    bed.work()
    bed.type("lock --for 1h --reason nap --all")
    bed.work()
    bed.settle(2)
    bed.clock.advance(3600)
    bed.tick()
    told = [each.draft for each in entries(bed) if each.draft.what in {"locked", "unlocked"}]
    said = [(d.what, d.who, d.source, d.target, d.result) for d in told]
    assert said == [
        ("locked", ANN, "slash", "web", "the big sale"),
        ("unlocked", BOB, "slash", "web", "it is over"),
        ("locked", ANN, "slash", "cluster default", "nap"),
        ("unlocked", ANN, "steward", "cluster default", "its time was up"),
    ]


def test_an_automatic_lock_is_the_stewards() -> None:
    bed = made(2)
    rollout = bed.type(UPDATE)
    bed.until(rollout, "progressing")
    bed.click(ActionKind.ROLLBACK, rollout, BOB)
    bed.until(rollout, "rolled_back")
    (locked,) = [each.draft for each in entries(bed) if each.draft.what == "locked"]
    assert (locked.source, locked.who, locked.target) == ("steward", BOB, "web")
