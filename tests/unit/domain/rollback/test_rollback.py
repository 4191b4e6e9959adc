from __future__ import annotations

import pytest

from bot.domain.history import appended, made_current
from bot.domain.jsontypes import Spec
from bot.domain.refusal import Refusal
from bot.domain.revision import Mark
from bot.domain.rollback import ROLLBACK_DEFAULTS, choose, going_back_spec, restored_spec
from tests.builders import SECOND, a_history, a_revision, a_revision_spec, a_spec

GOOD, BAD, UNKNOWN = Mark.GOOD, Mark.BAD, Mark.UNKNOWN


def spec_of(found: Spec | Refusal) -> Spec:
    assert not isinstance(found, Refusal), found
    return found


@pytest.mark.parametrize(
    ("marks", "current", "target"),
    [
        ((GOOD, GOOD, GOOD), 3, 2),
        ((GOOD, BAD, GOOD), 3, 1),
        ((GOOD, UNKNOWN, GOOD), 3, 1),
        ((UNKNOWN, UNKNOWN, GOOD), 3, 2),
        ((UNKNOWN, BAD, GOOD), 3, 1),
        ((GOOD, GOOD, BAD), 2, 1),
    ],
)
def test_the_newest_good_one_before(marks: tuple[Mark, ...], current: int, target: int) -> None:
    assert choose(a_history(*marks, current=current)) == target


def test_what_was_found_running_counts_as_good() -> None:
    history = a_history(GOOD, GOOD)
    found = a_revision(3, UNKNOWN, found=True)
    history = type(history)(
        cluster="default",
        service_id="s",
        service="web",
        entries=(*history.entries, found, a_revision(4)),
        current=4,
    )
    assert choose(history) == 3


def test_of_a_rollout_under_way_the_current_one_is_before() -> None:
    assert choose(a_history(GOOD, GOOD, UNKNOWN, current=2), under_way=True) == 2


@pytest.mark.parametrize(("under_way", "target"), [(False, 1), (True, 4)])
def test_back_follows_the_line_that_led_here(under_way: bool, target: int) -> None:  # noqa: FBT001  a case's figure
    history = a_history(GOOD, GOOD, BAD, current=1)  # 3 was left for 1
    history = made_current(appended(history, a_revision(4)), 4)
    assert choose(history, under_way=under_way) == target


def test_another_good_one_when_the_line_has_none() -> None:
    history = a_history(BAD, GOOD, BAD, current=1)
    history = made_current(appended(history, a_revision(4)), 4)
    assert choose(history) == 2


@pytest.mark.parametrize(
    ("marks", "current", "why"),
    [
        ((GOOD,), 1, "nothing is recorded before it"),
        ((), 0, "nothing is recorded before it"),
        ((BAD, GOOD), 2, "marked bad"),
        ((GOOD, GOOD), 1, "nothing is recorded before it"),
    ],
)
def test_nothing_to_go_back_to(marks: tuple[Mark, ...], current: int, why: str) -> None:
    refused = choose(a_history(*marks, current=current))
    assert isinstance(refused, Refusal)
    assert why in refused.why
    assert refused.next_step


def test_a_bad_one_only_when_asked_for() -> None:
    assert choose(a_history(GOOD, BAD, GOOD), to=2) == 2


def test_forward_again_when_asked_for() -> None:
    assert choose(a_history(GOOD, GOOD, GOOD, current=1), to=3) == 3


@pytest.mark.parametrize(
    ("to", "why"), [(9, "no revision 9 (known: 1 to 2)"), (0, "no revision 0"), (2, "already")]
)
def test_refused_numbers(to: int, why: str) -> None:
    refused = choose(a_history(GOOD, GOOD), to=to)
    assert isinstance(refused, Refusal)
    assert why in refused.why


def test_the_recorded_spec_comes_back_whole() -> None:
    old = a_spec("httpd:v1", 3, env=["A=1"], labels={"team": "a"})
    found = restored_spec(a_revision_spec(1, old), a_spec("httpd:v2", 6))
    assert found == old
    assert found is not old


def test_keep_replicas() -> None:
    live = a_spec("httpd:v2", 6)
    found = spec_of(restored_spec(a_revision_spec(), live, keep_replicas=True))
    assert found["Mode"] == {"Replicated": {"Replicas": 6}}
    assert found["TaskTemplate"]["ContainerSpec"]["Image"] == "httpd:v1"


def test_placement_is_always_there() -> None:
    old = a_spec()
    del old["TaskTemplate"]["Placement"]
    assert (
        spec_of(restored_spec(a_revision_spec(1, old), a_spec()))["TaskTemplate"]["Placement"] == {}
    )


@pytest.mark.parametrize(
    ("live", "what"), [(a_spec(replicas=None), "mode"), (a_spec(name="api"), "name")]
)
def test_mode_and_name_cannot_change(live: Spec, what: str) -> None:
    refused = restored_spec(a_revision_spec(), live)
    assert isinstance(refused, Refusal)
    assert f"another {what}" in refused.why


class TestNetworks:
    OLD = a_spec(Networks=[{"Target": "old-id", "Aliases": ["x"]}])
    REVISION = a_revision_spec(1, OLD, network_names={"old-id": "back"})

    def test_a_network_that_is_still_there(self) -> None:
        assert restored_spec(self.REVISION, a_spec(), {"back": "old-id"}) == self.OLD

    def test_a_network_that_was_made_anew(self) -> None:
        found = spec_of(restored_spec(self.REVISION, a_spec(), {"back": "new-id"}))
        assert found["TaskTemplate"]["Networks"] == [{"Target": "new-id", "Aliases": ["x"]}]
        assert self.OLD["TaskTemplate"]["Networks"][0]["Target"] == "old-id"

    def test_a_network_that_is_gone(self) -> None:
        refused = restored_spec(self.REVISION, a_spec(), {"front": "id"})
        assert isinstance(refused, Refusal)
        assert "network back" in refused.why
        assert "network create back" in refused.next_step


def test_it_goes_back_under_its_own_rollback_config() -> None:
    target = a_spec(update={"Parallelism": 9}, rollback={"Parallelism": 2, "Monitor": SECOND})
    way = going_back_spec(target)
    assert way["UpdateConfig"] == {"Parallelism": 2, "Monitor": SECOND}
    assert way["RollbackConfig"] == target["RollbackConfig"]
    assert target["UpdateConfig"] == {"Parallelism": 9}


def test_swarms_defaults_when_it_has_none() -> None:
    assert going_back_spec(a_spec())["UpdateConfig"] == ROLLBACK_DEFAULTS


def test_what_goes_back_is_not_undone_by_its_own_failure_action() -> None:
    target = a_spec(rollback={"Parallelism": 2, "FailureAction": "rollback"})
    way = going_back_spec(target)
    assert way["UpdateConfig"] == {"Parallelism": 2, "FailureAction": "pause"}
    assert way["RollbackConfig"] == target["RollbackConfig"]


@pytest.mark.parametrize("mode", ["ReplicatedJob", "GlobalJob"])
def test_jobs_have_no_pace_to_go_back_at(mode: str) -> None:
    spec = {**a_spec(), "Mode": {mode: {}}}
    spec.pop("UpdateConfig", None)
    assert going_back_spec(spec) == spec
