"""Reads of the audit log."""

import pytest

from bot.domain.audit import AuditDraft
from bot.domain.grammar import Answer, parse
from bot.domain.reply import AuditList
from bot.domain.request import Principal
from bot.usecases.answers.audit import MOST
from tests.unit.usecases.answering import Desk


def log(desk: Desk, *said: tuple[str, str, str], hours: float = 0.0) -> None:
    """Write (what, target, user) entries, and let time pass."""
    for what, target, user in said:
        who = Principal(team="T1", user=user)
        draft = AuditDraft(
            what=what, cluster="default", who=who, source="slash", target=target, subject="r-9"
        )
        lines, desk.store.audit_head = desk.store.chain.link([draft], desk.store.audit_head)
        desk.store.audit_lines += lines
    desk.clock.advance(hours * 3600)


def asked(desk: Desk, line: str) -> list[tuple[str, str]]:
    reply = desk.ask(line)
    assert isinstance(reply, AuditList)
    assert reply.head == desk.store.audit_head
    return [(each.draft.what, each.draft.target) for each in reply.entries]


@pytest.fixture
def desk() -> Desk:
    made = Desk()
    log(made, ("accepted", "web", "U1"), ("accepted", "api", "U2"), hours=24 * 8)
    log(made, ("completed", "web", "U1"), ("denied", "web", "U2"), hours=1)
    return made


def test_newest_first_of_all_or_of_one_thing(desk: Desk) -> None:
    assert asked(desk, "audit") == [
        ("denied", "web"), ("completed", "web"), ("accepted", "api"), ("accepted", "web"),
    ]  # fmt: skip
    assert asked(desk, "audit web") == [
        ("denied", "web"), ("completed", "web"), ("accepted", "web"),
    ]  # fmt: skip
    assert asked(desk, "audit we") == []
    assert len(asked(desk, "audit r-9")) == 4


def test_of_one_person(desk: Desk) -> None:
    assert asked(desk, "audit --by <@U2|bob>") == [("denied", "web"), ("accepted", "api")]
    assert asked(desk, "audit --by U2 web") == [("denied", "web")]


@pytest.mark.parametrize(
    ("line", "of"),
    [("audit", ""), ("audit --by U2", "by <@U2>"), ("audit --by U2 web", "of `web` by <@U2>")],
)
def test_what_was_asked_for_is_said_in_words(desk: Desk, line: str, of: str) -> None:
    reply = desk.ask(line)
    assert isinstance(reply, AuditList)
    assert reply.of == of


def test_since_days_hours_or_a_date(desk: Desk) -> None:
    assert len(asked(desk, "audit --since 7d")) == 2
    assert len(asked(desk, "audit --since 9d")) == 4
    assert asked(desk, "audit --since 30m") == []
    assert len(asked(desk, f"audit --since {desk.clock.now():%Y}-01-01")) == 4


@pytest.mark.parametrize("line", ["audit --by ann", "audit --by @ann", "audit --since never"])
def test_who_or_when_that_means_nothing_is_said(line: str) -> None:
    parsed = parse(line)
    assert isinstance(parsed, Answer)
    assert parsed.kind == "error"


def test_lines_that_were_bent_and_other_swarms_are_passed_over(desk: Desk) -> None:
    desk.store.audit_lines[2] = b"bent web"
    other = AuditDraft(
        what="paused", cluster="eu", who=Principal(team="T1", user="U1"), source="slash"
    )
    desk.store.audit_lines += desk.store.chain.link([other], desk.store.audit_head)[0]
    assert asked(desk, "audit web") == [("denied", "web"), ("accepted", "web")]


def test_many_are_cut_and_that_is_said() -> None:
    desk = Desk()
    log(desk, *[("posted", f"s{n}", "U1") for n in range(MOST + 4)])
    reply = desk.ask("audit")
    assert isinstance(reply, AuditList)
    newest = [f"s{n}" for n in range(MOST + 3, 3, -1)]
    assert [each.draft.target for each in reply.entries] == newest
    assert reply.more
