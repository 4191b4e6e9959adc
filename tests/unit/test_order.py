"""Who runs which test file."""

from collections import OrderedDict
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.order import LONGEST, OneForTheSmall

ROOT = Path(__file__).parents[2]
GREAT, SMALL = ("tests/chaos/a.py", "tests/contract/b.py"), ("tests/unit/c.py", "tests/unit/d.py")


@dataclass(eq=False)
class Node:
    """One process, as the scheduler sees it."""

    name: str
    given: list[str] = field(default_factory=list)
    shutting_down: bool = False

    @property
    def gateway(self) -> SimpleNamespace:
        return SimpleNamespace(id=self.name)

    def send_runtest_some(self, indices: list[int]) -> None:
        self.given += [(GREAT + SMALL)[index] for index in indices]

    def shutdown(self) -> None:
        self.shutting_down = True


def of_two(files: tuple[str, ...]) -> tuple[OneForTheSmall, Node, Node]:
    """A scheduler of two processes with one test in each of these files."""
    made, great, small = OneForTheSmall.__new__(OneForTheSmall), Node("gw0"), Node("gw1")
    made.numnodes, made.log = 2, lambda *_: None
    made.workqueue = OrderedDict((name, {f"{name}::test": False}) for name in files)
    made.assigned_work = {great: {}, small: {}}
    tests = [f"{name}::test" for name in GREAT + SMALL]
    made.registered_collections = {great: tests, small: tests}
    return made, great, small


@pytest.mark.parametrize("name", LONGEST)
def test_what_is_begun_first_exists(name: str) -> None:
    assert (ROOT / name).is_file()


def test_the_last_process_gets_the_small_and_no_others() -> None:
    made, great, small = of_two(GREAT + SMALL)
    for _ in range(3):
        made._reschedule(small)
    assert small.given == list(SMALL)
    assert small.shutting_down
    made._reschedule(great)
    made._reschedule(great)
    assert great.given == list(GREAT)


def test_the_others_get_the_small_when_nothing_else_is_left() -> None:
    made, great, _ = of_two((*SMALL, GREAT[0]))
    for _ in range(3):
        made._reschedule(great)
    assert great.given == [GREAT[0], *SMALL]
    made._reschedule(great)
    assert great.shutting_down


def test_what_one_that_died_has_done_is_not_handed_out_again() -> None:
    made, great, small = of_two((*GREAT, *SMALL))
    for _ in range(2):
        made._reschedule(great)
    made.assigned_work[great][GREAT[0]][f"{GREAT[0]}::test"] = True
    assert made.remove_node(great) == f"{GREAT[1]}::test"
    assert set(made.workqueue) == {GREAT[1], SMALL[1]}
    assert small.given == [SMALL[0]]
