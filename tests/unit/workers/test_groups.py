"""Asking ahead goes on, with the rules that are in force by then, whatever happened before."""

import threading

from workers.groups import GroupKeeper


class Books:
    """Remembers what it was asked to refresh; fails the first time."""

    def __init__(self) -> None:
        self.asked: list[frozenset[str]] = []
        self.enough = threading.Event()

    def refresh(self, among: frozenset[str]) -> None:
        self.asked.append(among)
        if len(self.asked) == 1:
            raise ValueError("broken")
        if len(self.asked) == 3:
            self.enough.set()


def test_it_asks_again_and_again_about_the_groups_of_the_rules_in_force() -> None:
    books, rules = Books(), iter(["S1", "S2", "S3", *["S4"] * 1000])
    keeper = GroupKeeper(people=books, wanted=lambda: frozenset({next(rules)}), every=0.01)
    thread = keeper.start()
    assert books.enough.wait(10)
    keeper.stop()
    thread.join(10)
    assert not thread.is_alive()
    assert books.asked[:3] == [frozenset({"S1"}), frozenset({"S2"}), frozenset({"S3"})]
