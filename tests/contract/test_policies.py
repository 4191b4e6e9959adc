"""The contract of where the rules come from."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.adapters.policy_source import FilePolicies
from bot.domain.policy import NOBODY, Members, Policy
from bot.ports import PolicySource
from config import policy_file
from tests.fakes.clock import FakeClock
from tests.fakes.policy import FakePolicies


@dataclass(frozen=True)
class Rules:
    """Rules whose role `ops` has one person, and what can happen to them."""

    source: PolicySource
    write: Callable[[str], None]
    spoil: Callable[[], None]


def in_memory() -> Rules:
    source = FakePolicies(NOBODY)

    def write(user: str) -> None:
        source.policy = Policy(hash=user, roles={"ops": Members(users=frozenset({user}))})
        source.wrong = ""

    def spoil() -> None:
        source.wrong = "policy.yaml:1:1: what is this?"

    return Rules(source, write, spoil)


def in_a_file(path: Path) -> Rules:
    clock, numbers = FakeClock(), itertools.count()
    path.write_text("version: 1", encoding="utf-8")
    source = FilePolicies(path, policy_file.read, clock)

    def put(text: str) -> None:
        path.write_text(f"{text}\n# {next(numbers)}\n", encoding="utf-8")
        clock.advance(1)
        source.current()  # a change is read when two looks have seen the same
        clock.advance(1)

    return Rules(
        source,
        lambda user: put(f"version: 1\nroles: {{ops: {{users: [{user}]}}}}"),
        lambda: put("version: 1\nrolls: {}"),
    )


@pytest.fixture(params=["fake", "file"])
def rules(request: pytest.FixtureRequest, tmp_path: Path) -> Rules:
    return in_memory() if request.param == "fake" else in_a_file(tmp_path / "policy.yaml")


def ops(rules: Rules) -> frozenset[str]:
    return rules.source.current().roles["ops"].users


def test_the_newest_rules_are_in_force(rules: Rules) -> None:
    for user in ("U001", "U002"):
        rules.write(user)
        assert ops(rules) == {user}
        assert rules.source.problem() == ""


def test_other_rules_are_another_version_and_equal_ones_the_same(rules: Rules) -> None:
    seen = []
    for user in ("U001", "U002", "U001"):
        rules.write(user)
        seen.append(rules.source.current().hash)
    assert seen[0] == seen[2] != seen[1]


def test_broken_ones_leave_the_last_good_ones_in_force_and_say_so(rules: Rules) -> None:
    rules.write("U001")
    version = rules.source.current().hash
    rules.spoil()
    assert rules.source.problem().startswith(("policy.yaml:", "/"))
    assert ops(rules) == {"U001"}
    assert rules.source.current().hash == version


def test_mended_ones_are_in_force_and_nothing_is_wrong_any_more(rules: Rules) -> None:
    rules.write("U001")
    rules.spoil()
    assert rules.source.problem()
    rules.write("U002")
    assert rules.source.problem() == ""
    assert ops(rules) == {"U002"}


def test_without_good_ones_nobody_is_in_any_role(rules: Rules) -> None:
    rules.spoil()
    assert rules.source.problem()
    assert not rules.source.current().roles
    assert not rules.source.current().open_to_all
