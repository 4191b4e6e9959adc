"""What updates do with what goes wrong: in memory, simulated and on the real swarm alike."""

from functools import partial
from typing import Any

import pytest

from bot.domain.observation import TaskView, UpdateState
from tests.contract.swarm_beds import SECOND, OnDocker, OnFake, OnSimulator, Trial


def _is_new(task: TaskView, tag: str = "crash") -> bool:
    return f":{tag}@" in task.image


def _slots(lab: Trial, service_id: str, tag: str) -> set[int]:
    """Return the slots in which tasks of this image were ever begun, as far as remembered."""
    everything = lab.swarm.tasks([service_id], wanted=False)
    return {task.slot for task in everything if _is_new(task, tag)}


def _env(value: str) -> Any:
    def edit(spec: dict[str, Any]) -> None:
        spec["TaskTemplate"]["ContainerSpec"]["Env"] = [f"N={value}"]

    return edit


def _gone_back_to_what_fails(
    lab: Trial, replicas: int, action: str, state: str, watched: int
) -> tuple[str, str]:
    """Let an update fail whose way back fails, too; return the service and its message.

    On the real swarm it is chance whether the rollback is watched at all: where Swarm restarts the
    failed task a moment after the spec has gone back, that task is of the old spec, there is
    nothing left to roll back, and it is called completed. Then it is tried again.
    """
    for _ in range(6):
        spec = lab.spec("crash", replicas=replicas)
        spec["UpdateConfig"] = lab.policy("rollback", watched)
        spec["RollbackConfig"] = lab.policy(action, watched)
        made = lab.create(spec)
        lab.bed.until(partial(lab.swarm.failures, made))
        lab.edit(made, _env("1"))
        came, words = lab.until_one_of(made, {state, "rollback_completed"})
        if came == state:
            return made, words
    raise AssertionError(f"never {state}")


class Contract:
    """The tests; the subclasses bring the swarm."""

    def test_continue_goes_on_to_the_end_over_every_failure(self, lab: Trial) -> None:
        spec = lab.spec(replicas=3)
        spec["UpdateConfig"] = lab.policy("continue")
        made = lab.running(spec)
        lab.go_to(made, "crash")
        assert lab.until_state(made, "completed") == "update completed"
        tasks = lab.swarm.tasks([made])
        assert {task.slot for task in tasks if _is_new(task)} == {1, 2, 3}
        assert all(_is_new(task) for task in tasks)
        assert {task.state for task in lab.swarm.failures(made)} == {"failed"}
        assert ":v1@" in _image(lab.swarm.service(made).previous_spec)

    def test_failures_up_to_the_ratio_are_borne(self, lab: Trial) -> None:
        spec = lab.spec(replicas=4)
        spec["UpdateConfig"]["MaxFailureRatio"] = 0.5
        spec["UpdateConfig"]["Delay"] = SECOND  # the failure of one is seen before the next begins
        spec["UpdateConfig"]["Monitor"] = 5 * SECOND
        made = lab.running(spec)
        lab.go_to(made, "crash")
        words = lab.until_state(made, "paused")
        assert words.startswith("update paused due to failure or early termination of task ")
        assert len(_slots(lab, made, "crash")) == 3, "two of four are borne, the third is too many"
        old = [task for task in lab.swarm.tasks([made]) if _is_new(task, "v1")]
        assert [task.state for task in old] == ["running"]

    def test_all_may_fail_by_a_ratio_of_one(self, lab: Trial) -> None:
        spec = lab.spec(replicas=2)
        spec["UpdateConfig"]["MaxFailureRatio"] = 1
        made = lab.running(spec)
        lab.go_to(made, "crash")
        lab.until_state(made, "completed")
        assert _slots(lab, made, "crash") == {1, 2}
        assert all(_is_new(task) for task in lab.swarm.tasks([made]))

    def test_two_at_a_time_and_no_third(self, lab: Trial) -> None:
        spec = lab.spec(replicas=5)
        spec["UpdateConfig"]["Parallelism"] = 2
        made = lab.running(spec)
        lab.go_to(made, "health")  # a second until it runs
        under_way, standing = [], []

        def done() -> bool:
            tasks = lab.swarm.tasks([made])
            new = [task for task in tasks if _is_new(task, "health")]
            under_way.append(sum(task.state != "running" for task in new))
            standing.append(sum(task.state == "running" for task in tasks))
            return under_way[-1] == 0 and len(new) == 5

        lab.bed.until(done)
        assert max(under_way) == 2
        assert min(standing) >= 3
        lab.until_state(made, "completed")

    @pytest.mark.parametrize(
        ("action", "state", "words"),
        [
            ("pause", "rollback_paused", "update paused due to failure or early termination of"),
            ("continue", "rollback_completed", "rollback completed"),
            # it is paused, "never roll back a rollback", and says `completed` at once all the same
            ("rollback", "completed", "update completed"),
        ],
    )
    def test_a_rollback_to_what_fails(
        self, lab: Trial, action: str, state: str, words: str
    ) -> None:
        watched = 2 if action == "continue" else 30  # it is what `continue` waits for
        made, told = _gone_back_to_what_fails(lab, 1, action, state, watched)
        assert told.startswith(words)
        after = lab.swarm.service(made)
        assert after.previous_spec is None
        assert not after.spec["TaskTemplate"]["ContainerSpec"].get("Env")

    def test_any_post_resumes_a_paused_rollback_as_an_update(self, lab: Trial) -> None:
        made, _ = _gone_back_to_what_fails(lab, 2, "pause", "rollback_paused", watched=6)
        lab.go_to(made, "v2")
        lab.until_tasks(made, lambda states: states == ["running", "running"])
        assert lab.until_state(made, "completed") == "update completed"

    def test_a_failure_late_in_the_window_still_counts(self, lab: Trial) -> None:
        spec = lab.spec(replicas=1)
        spec["UpdateConfig"]["Monitor"] = 8 * SECOND
        made = lab.running(spec)
        lab.go_to(made, "sick")  # ends three seconds after it began to run
        lab.until_tasks(made, lambda states: states == ["running"])
        assert lab.swarm.service(made).update_state is UpdateState.UPDATING, "it is watched"
        (task,) = lab.swarm.tasks([made])
        words = lab.until_state(made, "paused")
        assert words == f"update paused due to failure or early termination of task {task.id}"
        failed = lab.swarm.failures(made)[0]
        assert (failed.id, failed.exit_code) == (task.id, 3)

    def test_a_failure_after_the_window_does_not(self, lab: Trial) -> None:
        spec = lab.spec(replicas=1)
        spec["UpdateConfig"]["Monitor"] = SECOND
        made = lab.running(spec)
        lab.go_to(made, "sick")
        lab.until_state(made, "completed")
        failed = lab.bed.until(lambda: lab.swarm.failures(made))[0]
        assert failed.exit_code == 3
        lab.bed.until(lambda: [t.id != failed.id for t in lab.swarm.tasks([made])] == [True])
        after = lab.swarm.service(made)
        assert (after.update_state, after.update_message) == (
            UpdateState.COMPLETED,
            "update completed",
        )

    def test_a_failure_of_the_last_is_heard_when_its_delay_is_over(self, lab: Trial) -> None:
        spec = lab.spec(replicas=1)
        spec["UpdateConfig"]["Delay"] = 10 * SECOND
        spec["UpdateConfig"]["Monitor"] = 40 * SECOND
        made = lab.running(spec)
        lab.go_to(made, "crash")
        failed = lab.bed.until(lambda: lab.swarm.failures(made))[0]
        lab.until_tasks(made, lambda _: True)  # another is there
        assert lab.swarm.service(made).update_state is UpdateState.UPDATING
        words = lab.until_state(made, "paused")
        assert words.endswith(f"task {failed.id}")

    def test_the_first_of_a_batch_is_watched_while_the_others_come(self, lab: Trial) -> None:
        """Each task has a window of its own, which does not end with its slot's turn."""
        spec = lab.spec(replicas=2)
        spec["UpdateConfig"]["Monitor"] = 10 * SECOND
        spec["UpdateConfig"]["Delay"] = 5 * SECOND
        made = lab.running(spec)
        lab.go_to(made, "sick")
        lab.until_state(made, "paused")
        assert len(_slots(lab, made, "sick")) == 1, "it was seen before the second slot's turn"


def _image(spec: Any) -> str:
    assert spec is not None
    return str(spec["TaskTemplate"]["ContainerSpec"]["Image"])


class TestFakeSwarm(OnFake, Contract):
    pass


class TestSimulatedSwarm(OnSimulator, Contract):
    pass


class TestDockerSwarm(OnDocker, Contract):
    pass
