"""Whatever is done to a log that was written is found, and the entry is named."""

import random
from dataclasses import replace
from datetime import timedelta
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.audit import (
    GENESIS,
    AuditDraft,
    Head,
    Keys,
    Ruling,
    Verdict,
    difference,
    from_line,
    linked,
    verify,
)
from bot.domain.request import Principal
from tests.builders import NOW

KEYS = Keys(b"one key")
OTHER = Keys(b"another key")
MANY = 2_000
OLDER_HASH = "555686de50ce0632c1514667147dbd9bd01d19e25205483f1160dd42f92bd209"
OLDER = (
    b'{"at":"2026-11-02T12:00:00.000000+00:00","cluster":"default","decision":{"outcome":"allow",'
    b'"reasons":["ops may"],"rule":"grants[0] (ops)"},"fingerprint":"","key":"a03528d2",'
    b'"line":"scale web=1","place":"","prev_hash":"","result":"","seq":1,"source":"slash",'
    b'"subject":"r-1","target":"web","what":"posted","who":{"team":"T1","user":"U1"},"hash":"'
    b'555686de50ce0632c1514667147dbd9bd01d19e25205483f1160dd42f92bd209"}'
)
"""An entry as it was written before decisions named their rules."""


def draft(number: int = 1, **fields: object) -> AuditDraft:
    values = {
        "what": "posted",
        "cluster": "default",
        "who": Principal(team="T1", user="U1"),
        "source": "slash",
        "subject": f"r-{number}",
        "target": "web",
        "line": f"scale web={number}",
        "decision": Ruling(outcome="allow", rule="grants[0] (ops)", reasons=("ops may",)),
    }
    return AuditDraft(**{**values, **fields})  # type: ignore[arg-type]  # fields by name


@cache
def log(count: int) -> tuple[tuple[bytes, ...], Head]:
    lines, head = [], GENESIS
    for number in range(1, count + 1):
        more, head = linked([draft(number)], head, NOW + timedelta(seconds=number), KEYS)
        lines += more
    return tuple(lines), head


def broken(lines: list[bytes], *known: Head) -> tuple[int, str]:
    fault = verify(lines, KEYS, known).fault
    assert fault is not None, "nothing was found"
    return fault.seq, fault.why


def test_an_untouched_log_is_whole_and_reads_back() -> None:
    lines, head = log(MANY)
    verdict = verify(lines, KEYS, [head, Head(seq=7, hash=from_line(lines[6]).hash)])
    assert (verdict.head, verdict.fault) == (head, None)
    entry = from_line(lines[41])
    assert (entry.draft, entry.seq, entry.at) == (draft(42), 42, NOW + timedelta(seconds=42))
    assert entry.prev_hash == from_line(lines[40]).hash


def test_a_line_and_what_came_of_it_stand_whole() -> None:
    line = "update " + "--label-add a=b " * 200 + "--mount type=bind,src=/,dst=/host web"
    assert 500 < len(line) <= 4_000
    lines, _ = linked([draft(line=line, result="no: " + "x" * 3_000 + " end")], GENESIS, NOW, KEYS)
    kept = from_line(lines[0]).draft
    assert kept.line == line
    assert kept.result.endswith("x end")


def test_what_is_cut_says_so() -> None:
    said = Ruling(outcome="deny", rule="r" * 501, reasons=("y" * 501, "z" * 500))
    lines, _ = linked([draft(line="a" * 8_001, decision=said)], GENESIS, NOW, KEYS)
    kept = from_line(lines[0]).draft
    assert kept.decision is not None
    assert kept.line == "a" * 7_999 + "…"
    assert kept.decision.rule == "r" * 499 + "…"
    assert kept.decision.reasons == ("y" * 499 + "…", "z" * 500)


def test_a_decision_names_its_rules_and_older_entries_are_genuine_without() -> None:
    said = Ruling(outcome="allow", rule="grants[0] (ops)", policy="5e" * 32)
    lines, head = linked([draft(decision=said), draft(decision=None)], GENESIS, NOW, KEYS)
    kept = from_line(lines[0]).draft.decision
    assert kept == said
    assert verify(lines, KEYS).head == head
    older = lines[0].replace(b'"policy":"' + b"5e" * 32 + b'",', b"")
    assert older != lines[0]
    old = from_line(older).draft.decision
    assert old == replace(said, policy="")


def test_a_log_from_before_rules_were_named_is_whole() -> None:
    """As it was written then, to the byte."""
    assert verify([OLDER], KEYS) == Verdict(head=Head(seq=1, hash=OLDER_HASH))
    said = from_line(OLDER).draft.decision
    assert said is not None
    assert (said.rule, said.policy) == ("grants[0] (ops)", "")


def test_an_empty_log_is_whole() -> None:
    assert verify([], KEYS).head == GENESIS


def test_a_change_of_any_byte_is_found_and_the_entry_named() -> None:
    """Every byte of three entries, and of the others a sample."""
    lines, _ = log(MANY)
    dice = random.Random(3)
    spots = [(at, byte) for at in (0, 1, 12) for byte in range(len(lines[at]))]
    spots += [(at := dice.randrange(MANY), dice.randrange(len(lines[at]))) for _ in range(150)]
    for at, byte in spots:
        bent = bytearray(lines[at])
        bent[byte] = (bent[byte] + dice.randrange(1, 256)) % 256
        # what comes before is whole, as the test above has shown: begin shortly before it
        seq, why = broken([*lines[:at], bytes(bent), *lines[at + 1 : at + 3]])
        assert seq == at + 1, (at, byte, why)
        assert f"entry {at + 1}" in why


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_whatever_bytes_are_put_in_an_entrys_place_are_found(data: st.DataObject) -> None:
    lines = list(log(20)[0])
    at = data.draw(st.integers(0, 19))
    new = data.draw(st.one_of(st.binary(max_size=700), st.sampled_from(lines)))
    if new == lines[at]:
        return
    lines[at] = new
    assert broken(lines)[0] <= at + 1


@given(st.permutations(range(8)))
@settings(deadline=None)
def test_any_other_order_is_found(order: list[int]) -> None:
    lines, _ = log(8)
    bent = [lines[at] for at in order]
    if order == sorted(order):
        assert verify(bent, KEYS).fault is None
    else:
        first = next(at for at, number in enumerate(order) if at != number)
        seq, why = broken(bent)
        assert (seq, why) == (first + 1, why)
        assert "was moved" in why


@pytest.mark.parametrize(
    ("gone", "says"),
    [
        (slice(6, 7), "entry 7 was removed"),
        (slice(6, 9), "entries 7 to 9 were removed"),
        (slice(0, 1), "entry 1 was removed"),
    ],
)
def test_what_is_removed_is_named(gone: slice, says: str) -> None:
    lines = list(log(20)[0])
    del lines[gone]
    assert broken(lines)[1] == says


def test_an_entry_that_stands_twice_is_named() -> None:
    lines = list(log(20)[0])
    lines.insert(9, lines[4])
    seq, why = broken(lines)
    assert seq == 5
    assert "entry 5" in why
    assert "stands again after entry 9" in why


def test_a_cut_end_shows_by_what_is_known() -> None:
    lines, head = log(20)
    assert verify(lines[:15], KEYS).fault is None, "nothing else could show it"
    says = "the end was cut: entry 15 is the last, but entry 20 is known"
    assert broken(list(lines[:15]), head) == (16, says)
    seq, why = broken(list(lines[:15]), Head(seq=0, hash=head.hash))
    assert seq == 16
    assert why.startswith(f"no entry has the hash {head.hash[:12]}…")


def test_a_log_that_was_written_anew_shows_by_what_is_known() -> None:
    _, head = log(20)
    anew, _ = linked([draft(99)] * 25, GENESIS, NOW, KEYS)
    assert broken(anew, head) == (20, "entry 20 has another hash than is known of it")


def test_a_genuine_entry_of_another_log_does_not_fit() -> None:
    lines = list(log(20)[0])
    other, _ = linked([draft(99)] * 20, GENESIS, NOW, KEYS)
    lines[10] = other[10]
    seq, why = broken(lines)
    assert seq == 11
    assert "does not continue entry 10" in why


def test_who_has_no_key_can_write_nothing() -> None:
    lines, head = log(5)
    forged, _ = linked([draft(6)], head, NOW, OTHER)
    seq, why = broken([*lines, *forged])
    assert seq == 6
    assert f"signed with another key ({OTHER.name})" in why


def test_after_a_change_of_the_secret_both_keys_are_needed() -> None:
    lines, head = log(5)
    more, end = linked([draft(6)], head, NOW, OTHER)
    both = Keys(b"another key", b"one key")
    assert verify([*lines, *more], both, [end]).fault is None


def test_texts_of_any_size_and_sort_make_one_bounded_ascii_line() -> None:
    evil = draft(line="é\n\x00\ud800" * 9_000, result="r" * 9_000)
    (line,), head = linked([evil], GENESIS, NOW, KEYS)
    assert line.isascii()
    assert b"\n" not in line
    assert len(line) < 60_000
    assert verify([line], KEYS, [head]).fault is None


def test_a_copy_is_the_logs_beginning_or_it_is_said_where_not() -> None:
    lines, _ = log(20)
    assert difference(lines[:9], lines) is None
    other = [*lines[:4], lines[5]]
    fault = difference(other, lines)
    assert fault is not None
    assert fault.seq == 5
    cut = difference(lines, lines[:15])
    assert cut is not None
    assert cut.seq == 16
    assert "the log's end was cut" in cut.why


@pytest.mark.parametrize("line", [b"", b"null", b"[]", b"{}", b'{"decision":1}', b"\xff"])
def test_what_is_no_entry_is_no_entry(line: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - of whatever sort
        from_line(line)
    assert verify([line], KEYS).fault is not None
