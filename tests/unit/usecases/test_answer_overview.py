"""`services` at a glance: how each does, whether it drifted, who changed it last."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from bot.domain.health import Standing
from bot.domain.jsontypes import Spec
from bot.domain.observation import TaskView
from bot.domain.reads import ServiceList, ServiceRow
from bot.domain.reply import HistoryList
from bot.domain.revision import Author
from bot.domain.rollout.record import Rollout, RolloutState
from bot.domain.spec import spec_hash
from bot.usecases.answers.overview import look_over
from tests.builders import BOB, NOW, a_history, a_request, a_revision, a_rollout
from tests.unit.usecases.answering import Desk
from tests.unit.usecases.bed import ANN
from tests.unit.usecases.bed import BOB as WHO
from tests.unit.usecases.bed import made as made_there


def rows(desk: Desk) -> list[ServiceRow]:
    reply = desk.ask("services")
    assert isinstance(reply, ServiceList)
    return list(reply.rows)


def scaled(spec: Spec) -> None:
    spec["Mode"]["Replicated"]["Replicas"] = 2


def known(desk: Desk, service_id: str, author: Author | None = None, **fields: Any) -> None:
    """Let Waggle have a revision of what runs now."""
    live = desk.swarm.service(service_id)
    entry = a_revision(1, spec_hash=spec_hash(live.spec), **fields)
    history = a_history()
    made = type(history)(
        cluster="default",
        service_id=service_id,
        service=live.name,
        entries=(entry,),
        current=1,
        author=author,
    )
    desk.keep(made)


def test_what_is_in_trouble_stands_first_with_its_error_and_no_secret() -> None:
    desk = Desk()
    desk.swarm.add_image("httpd:crash", ends_in=timedelta(seconds=1), exit_code=1)
    desk.run("alpha")
    desk.run("zulu", "httpd:crash", replicas=1, env=["PW=exit (1)"])
    desk.clock.advance(20)
    first, second = rows(desk)
    assert (first.name, first.health.standing) == ("zulu", Standing.FAILING)
    assert "non-zero" in first.health.why
    assert "exit (1)" not in first.health.why
    assert (second.name, second.health.standing) == ("alpha", Standing.OK)


def test_the_tasks_of_the_swarm_are_listed_once() -> None:
    desk = Desk()
    desk.run("alpha")
    desk.run("zulu")
    real, asked = desk.swarm.tasks, []

    def tasks(ids: Sequence[str] | None = None, *, wanted: bool = True) -> list[TaskView]:
        asked.append(wanted)
        return real(ids, wanted=wanted)

    desk.swarm.tasks = tasks  # type: ignore[method-assign,assignment]  # it counts
    assert [row.health.standing for row in rows(desk)] == [Standing.OK] * 2
    assert asked == [False]


def test_an_update_under_way_is_counted() -> None:
    desk = Desk()
    made = desk.run("web", replicas=3)

    def edit(spec: Spec) -> None:
        spec["TaskTemplate"]["ContainerSpec"]["Image"] = "httpd:v2"

    desk.swarm.post_outside(made, edit)
    desk.clock.advance(2)
    (row,) = rows(desk)
    assert row.health.standing is Standing.UPDATING
    assert row.health.total == 3
    desk.clock.advance(60)
    assert rows(desk)[0].health.standing is Standing.OK


def test_an_update_that_finds_no_node_needs_a_look() -> None:
    desk = Desk()
    made = desk.run("web", replicas=3)

    def edit(spec: Spec) -> None:
        spec["TaskTemplate"]["Placement"] = {"Constraints": ["node.hostname==nowhere"]}

    desk.swarm.post_outside(made, edit)
    desk.clock.advance(5)
    (row,) = rows(desk)
    assert (row.health.standing, row.running) == (Standing.UPDATING, 2)
    assert row.health.needs_a_look
    assert "no suitable node" in row.health.why


def test_a_node_that_is_lost_leaves_a_service_short() -> None:
    desk = Desk()
    desk.run("web", replicas=1, Placement={"Constraints": ["node.hostname==n2"]})
    desk.swarm.node_down("n2")
    desk.clock.advance(1)
    (row,) = rows(desk)
    assert (row.running, row.wanted, row.health.standing) == (0, 1, Standing.SHORT)


def test_drift_is_marked_unless_a_rollout_is_at_it() -> None:
    desk = Desk()
    made = desk.run("web")
    known(desk, made)
    assert rows(desk)[0].drift is False
    desk.swarm.post_outside(made, scaled)
    desk.clock.advance(10)
    assert rows(desk)[0].drift is True
    reply = desk.ask("history web")
    assert isinstance(reply, HistoryList)
    assert reply.drift is True
    desk.keep(a_rollout(id="r-7", service="web"))
    assert rows(desk)[0].drift is False


def test_a_service_that_waggle_never_touched_has_no_drift_and_nobody_is_named() -> None:
    desk = Desk()
    made = desk.run("web", labels={"waggle.rollout": "r-7"})
    desk.keep(a_rollout(id="r-7", service="web", state=RolloutState.COMPLETED))
    (row,) = rows(desk)
    assert (row.drift, row.changed_by) == (False, "")
    assert row.changed_at == desk.swarm.service(made).updated_at


@pytest.mark.parametrize("moved", [False, True])
def test_who_changed_it_last_stands_in_the_rollout_that_its_label_names(*, moved: bool) -> None:
    desk = Desk()
    made = desk.run("web", labels={"waggle.rollout": "r-7"})
    known(desk, made)
    begun = NOW - timedelta(hours=2)
    desk.keep(
        a_rollout(
            id="r-7",
            service="web",
            state=RolloutState.COMPLETED,
            started_at=begun,
            request=a_request(id="r-7", by=BOB),
        )
    )
    if moved:  # the label outlives what another tool does
        desk.swarm.post_outside(made, scaled)
    (row,) = rows(desk)
    assert row.changed_by == ("" if moved else BOB.user)
    assert (row.changed_at == begun) is not moved


def test_without_the_rollout_the_revision_says_who() -> None:
    desk = Desk()
    known(desk, desk.run("web"), actor=BOB.user)
    known(desk, desk.run("api"), actor=None, found=True)
    by = {row.name: row.changed_by for row in rows(desk)}
    assert by == {"web": BOB.user, "api": ""}


class Reads:
    """Which rollouts a store was asked for."""

    def __init__(self, desk: Desk) -> None:
        self.ids: list[str] = []
        self._real = desk.store.get_many
        desk.store.get_many = self  # type: ignore[method-assign]  # it notes

    def __call__(self, kind: Any, record_ids: Sequence[str]) -> Any:
        self.ids += record_ids if kind is Rollout else ()
        return self._real(kind, record_ids)


def test_who_changed_what_is_told_by_the_histories_without_the_rollouts() -> None:
    desk = Desk()
    for name in ("web", "api", "old"):
        made = desk.run(name, labels={"waggle.rollout": f"r-{name}"})
        author = Author(rollout_id="r-web", user=BOB.user, at=NOW - timedelta(hours=2))
        known(desk, made, author=None if name == "old" else author)
    desk.keep(a_rollout(id="r-api", service="api", state=RolloutState.COMPLETED))
    reads = Reads(desk)
    by = {row.name: row for row in rows(desk)}
    assert (by["web"].changed_by, by["web"].changed_at) == (BOB.user, NOW - timedelta(hours=2))
    assert by["api"].changed_by == "U1ANN", "its label names another rollout than the history"
    assert reads.ids == ["r-api", "r-old"]


def test_an_author_counts_only_where_what_runs_is_a_revision() -> None:
    desk = Desk()
    made = desk.run("web", labels={"waggle.rollout": "r-web"})
    desk.run("api")
    known(desk, made, author=Author(rollout_id="r-web", user=BOB.user, at=NOW))
    desk.swarm.post_outside(made, scaled)
    by = {row.name: row.changed_by for row in rows(desk)}
    assert by["web"] == ""


@pytest.mark.parametrize("line", ["", "rollback web"])
def test_what_the_histories_tell_is_what_the_rollouts_would(line: str) -> None:
    """Made, changed and gone back on the bed; then seen with and without what the history knows."""
    bed = made_there(2)
    bed.done("create --name api --replicas 1 reg/httpd:v1")
    bed.done("update --image reg/httpd:v2 web", by=WHO)
    if line:
        bed.done(line, "rolled_back")
    services = bed.swarm.services()
    seen = look_over(bed.swarm, bed.store, "default", services, bed.clock.now())
    assert not seen.made
    web = bed.swarm.service("web")
    told = seen.last_change(web)
    whole = look_over(bed.swarm, bed.store, "default", [web], bed.clock.now())
    (rollout,) = whole.made.values()
    assert (told.by, told.at) == (rollout.request.by.user, rollout.started_at)
    assert (told.by, told.at) == (whole.last_change(web).by, whole.last_change(web).at)
    assert told.by == (ANN.user if line else WHO.user)
