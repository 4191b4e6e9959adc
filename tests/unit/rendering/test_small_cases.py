"""The corners that the golden files do not show."""

from dataclasses import replace

import pytest

from bot.domain.lock import LockNews, ScopeKind, Telling
from bot.domain.observation import TaskView
from bot.domain.plan import Kind
from bot.domain.reply import ApprovalList, DryRun, HistoryList, RolloutList, TaskList
from bot.domain.rollout.record import Progress, RolloutState
from bot.rendering.locks import lock
from bot.rendering.voice import BlockKitVoice
from bot.rendering.words import bar
from tests.builders import a_history, a_task
from tests.unit.domain.approval.samples import an_approval
from tests.unit.rendering.samples import FAILURE, rollout
from tests.unit.rendering.samples_kept import a_lock

VOICE = BlockKitVoice(open_policy=False)


@pytest.mark.parametrize(
    ("total", "told"),
    [
        (0, "No tasks are wanted now."),
        (1, "Its one task has the new spec."),
        (6, "All 6 tasks have the new spec."),
    ],
)
def test_a_completed_rollout_counts_its_tasks(total: int, told: str) -> None:
    progress = Progress(total=total, updated=total, running=total)
    assert told in VOICE.parent(rollout(RolloutState.COMPLETED, progress=progress)).text


def test_the_tasks_of_a_job_are_done_and_nothing_else() -> None:
    job = rollout(RolloutState.COMPLETED)
    assert job.plan is not None
    desired = job.plan.desired | {"Mode": {"ReplicatedJob": {"TotalCompletions": 2}}}
    progress = Progress(total=2, updated=2, running=2)
    done = replace(job, plan=replace(job.plan, desired=desired), progress=progress)
    assert "All 2 tasks are done." in VOICE.parent(done).text


def test_a_cluster_is_not_said_to_be_in_itself() -> None:
    held = a_lock("eu", ScopeKind.CLUSTER, cluster="eu")
    text = lock(Telling(news=LockNews.SHOWN, lock=held, now=held.since), "/swarm").text
    assert text.startswith(":lock: *cluster eu* is locked by ")


def test_requests_that_are_left_out_are_counted() -> None:
    request = an_approval()
    text = VOICE.private(ApprovalList(approvals=(request,) * 23)).text
    assert text.count(request.id) == 20
    assert text.endswith("… 3 more")


def test_a_rollback_is_not_told_twice_in_one_line() -> None:
    back = rollout(RolloutState.ROLLED_BACK, kind=Kind.ROLLBACK)
    assert "rolled back · web\n" in VOICE.parent(back).text
    assert "*rolled back* web · " in VOICE.private(RolloutList(rollouts=(back,))).text


@pytest.mark.parametrize(
    ("task", "told"),
    [
        (a_task(0, node_id="n1"), "agent.node1"),
        (a_task(0, node_id="n9"), "agent.n9"),
        (a_task(0, node_id="n1", job_iteration=0), "agent.0"),
        (a_task(2, "failed", exit_code=3), "exit 3 since"),
        (a_task(2, "failed", exit_code=3, error="bad exit (3)"), "  bad exit (3) since"),
    ],
)
def test_tasks_are_named_and_told_as_by_the_docker_cli(task: TaskView, told: str) -> None:
    by_node = task.slot == 0 and task.job_iteration is None
    names = {"n1": "node1"}
    reply = TaskList(service="agent", tasks=(task,), node_names=names, by_node=by_node)
    assert told in VOICE.private(reply).text


def test_the_exit_code_of_a_task_that_was_replaced_is_no_error() -> None:
    task = a_task(2, "shutdown", desired="shutdown", exit_code=137)
    told = VOICE.private(TaskList(service="agent", tasks=(task,), node_names={})).text
    assert "137" not in told
    assert "ERROR" not in told


def test_what_fails_while_swarm_tries_on_is_told() -> None:
    """Nobody would learn why a create gets nowhere before it counts as stalled."""
    told = VOICE.parent(rollout(RolloutState.PROGRESSING, failure=FAILURE)).text
    assert f"`{FAILURE.label}` on `{FAILURE.node}`" in told
    assert FAILURE.error in told


def test_nothing_there_is_said() -> None:
    assert VOICE.private(HistoryList(history=a_history())).text == "No revisions of `web` yet."
    assert VOICE.private(RolloutList(rollouts=())).text == "No rollouts yet."
    assert "Nothing would change" in VOICE.private(DryRun(what="update web")).text


@pytest.mark.parametrize(("done", "total"), [(0, 0), (0, 6), (1, 200), (199, 200), (6, 6), (9, 6)])
def test_a_bar_is_full_only_at_the_end_and_empty_only_at_the_start(done: int, total: int) -> None:
    drawn = bar(done, total)
    assert len(drawn) == 12
    assert ("░" not in drawn) == (total > 0 and done >= total)
    assert ("▓" not in drawn) == (done == 0 or total == 0)
