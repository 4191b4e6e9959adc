"""Answers to lists across services, one of each sort."""

from dataclasses import replace
from datetime import timedelta

from bot.domain.observation import PieceView
from bot.domain.reply import PieceList, Reply, StackList, TasksOf
from tests.builders import NOW, a_task

_DAY = timedelta(days=1)


def lists() -> dict[str, Reply]:
    """One of each."""
    key = PieceView(
        id="piece-1-of-many",
        name="db-password",
        driver="vault",
        labels={"env": "prod", "team": "<shop>"},
        created_at=NOW - 40 * _DAY,
        updated_at=NOW - timedelta(seconds=90),
    )
    plain = PieceView(id="piece-2", name="tls-key", created_at=NOW - _DAY)
    tasks = (
        a_task(1),
        a_task(1, "shutdown", id="task-1-of-old", desired="shutdown", up_to_date=False),
        a_task(2, "failed", desired="shutdown", error="exit <3>", exit_code=3),
        a_task(0, service_id="svc-agent"),
        a_task(0, "failed", id="task-0-of-old", service_id="svc-agent", desired="shutdown"),
    )
    of_stack = TasksOf(
        of="stack shop",
        tasks=tasks,
        node_names={"n1": "node1"},
        service_names={"svc-web": "web", "svc-agent": "agent"},
        by_node=frozenset({"svc-agent"}),
    )
    return {
        "secrets": PieceList(noun="secret", pieces=(key, plain), at=NOW),
        "configs": PieceList(noun="config", pieces=(plain,), at=NOW, hidden=2),
        "no_configs": PieceList(noun="config", pieces=(), at=NOW),
        "stacks": StackList(stacks=(("shop", 3), ("wiki", 1))),
        "no_stacks": StackList(stacks=()),
        "stack_ps": of_stack,
        "stack_ps_whole": replace(of_stack, whole=True),
        "node_ps_of_none": TasksOf(of="node n2", tasks=(), node_names={}, service_names={}),
    }
