"""Reads of our own records."""

from bot.domain.reply import HistoryList, Refusal, RevisionDiff, RolloutList
from bot.domain.revision import History, Mark
from bot.domain.rollout.record import RolloutState
from bot.domain.spec import spec_hash
from tests.builders import a_revision, a_revision_spec, a_rollout, a_spec, later
from tests.unit.usecases.answering import Desk


def _with_history(desk: Desk, service_id: str = "svc-web", current: int = 2) -> History:
    specs = {n: a_spec(f"httpd:v{n}", replicas=n) for n in (1, 2)}
    history = History(
        cluster="default",
        service_id=service_id,
        service="web",
        entries=tuple(a_revision(n, Mark.GOOD, spec_hash=spec_hash(specs[n])) for n in (1, 2)),
        current=current,
    )
    revisions = [a_revision_spec(n, specs[n]) for n in (1, 2)]
    object.__setattr__(revisions[0], "service_id", service_id)
    object.__setattr__(revisions[1], "service_id", service_id)
    desk.keep(history, *revisions)
    return history


def test_history_is_read_also_when_the_service_is_gone() -> None:
    desk = Desk()
    _with_history(desk)
    desk.swarm.unavailable = True
    reply = desk.ask("history web")
    assert isinstance(reply, HistoryList)
    assert [entry.number for entry in reply.history.entries] == [1, 2]


def test_a_service_without_revisions_is_told_from_none() -> None:
    desk = Desk()
    desk.run("web")
    reply = desk.ask("history web")
    assert isinstance(reply, Refusal)
    assert "no revisions" in reply.why


def test_a_diff_of_two_revisions() -> None:
    desk = Desk()
    _with_history(desk)
    reply = desk.ask("diff web 1 2")
    assert isinstance(reply, RevisionDiff)
    assert (reply.old, reply.new) == (1, 2)
    changed = {change.path: (change.old, change.new) for change in reply.changes}
    assert changed["replicas"] == ("1", "2")


def test_a_diff_of_one_revision_is_against_what_is_live() -> None:
    desk = Desk()
    made = desk.run("web", replicas=5)
    _with_history(desk, made)
    reply = desk.ask("diff web 1")
    assert isinstance(reply, RevisionDiff)
    assert (reply.old, reply.new) == (1, 0)
    changed = {change.path: (change.old, change.new) for change in reply.changes}
    assert changed["replicas"] == ("1", "5")


def test_an_unknown_revision_is_refused_with_the_known_ones() -> None:
    desk = Desk()
    _with_history(desk)
    reply = desk.ask("diff web 1 9")
    assert isinstance(reply, Refusal)
    assert "revision 9" in reply.why
    assert "1 to 2" in reply.next_step


def test_live_rollouts_come_first() -> None:
    desk = Desk()
    done = RolloutState.COMPLETED
    desk.keep(a_rollout(id="r-1", started_at=later(0)))
    desk.keep(a_rollout(id="r-2", service="api", state=done, started_at=later(9)))
    reply = desk.ask("rollouts")
    assert isinstance(reply, RolloutList)
    assert [rollout.id for rollout in reply.rollouts] == ["r-1", "r-2"]
