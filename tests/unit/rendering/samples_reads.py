"""What reads of the swarm show: lists, a service in detail, tags."""

from dataclasses import replace
from datetime import timedelta

from bot.domain.diff import diff
from bot.domain.health import Health, Standing
from bot.domain.load import Load
from bot.domain.observation import TagView, UpdateState
from bot.domain.page import Asked
from bot.domain.plan import FieldChange
from bot.domain.reads import (
    ServiceDetail,
    ServiceList,
    ServiceRow,
    Tag,
    TagList,
    TagRow,
    UpdateWords,
)
from bot.domain.reply import NodeDetail, NodeList, Reply, TaskList
from tests.builders import ANN, BOB, NOW, a_node, a_revision, a_spec, a_task, later
from tests.unit.rendering.samples_kept import NEW, a_lock, freezes, locks

OLD = "shop/web:2.3@sha256:" + "1a" * 32
DIGEST = NEW.partition("@")[2]
WHY = "starting container failed: <!channel> port 80 is taken"
ERROR = "task: non-zero exit (3): " + "cannot reach the database at db:5432; " * 3


def lists() -> dict[str, Reply]:
    """Lists with all that they can say."""
    return {
        "services": services(),
        "ps": tasks(),
        "ps_whole": tasks(whole=True),
        "ps_page": page(),
        "nodes": nodes(),
        "node": node(),
        "tags": tags(),
        "tags_hub": replace(
            tags(),
            repository="httpd",
            digests_only=True,
            unlooked=3,
            rows=tuple(
                TagRow(tag=TagView(name=row.tag.name, digest=row.tag.digest)) for row in tags().rows
            ),
        ),
        "tags_cut": replace(tags(), is_cut=True, elsewhere=()),
        "no_tags": TagList(repository="shop/<web>", at=NOW),
    }


def services() -> ServiceList:
    """One in each sort of trouble, one under way, one drifted, one well."""
    return ServiceList(
        at=NOW,
        rows=(
            ServiceRow(
                name="web",
                mode="replicated",
                running=2,
                wanted=3,
                image=NEW,
                ports="*:8080->80/tcp",
                health=Health(standing=Standing.FAILING, why=WHY),
                changed_at=NOW - timedelta(minutes=5),
                changed_by=ANN.user,
            ),
            ServiceRow(
                name="db",
                mode="replicated",
                running=1,
                wanted=1,
                image="postgres:17",
                drift=True,
                changed_at=NOW - timedelta(days=3),
            ),
            ServiceRow(
                name="agent",
                mode="global",
                running=2,
                wanted=2,
                image="ops/agent:1",
                rollout="r-7k2mq9xw progressing",
                health=Health(standing=Standing.UPDATING, updated=1, total=2),
                changed_at=NOW,
                changed_by=BOB.user,
            ),
            ServiceRow(name="cron", mode="replicated", running=0, wanted=0, image="cron:1"),
        ),
    )


def tasks(*, whole: bool = False) -> TaskList:
    """Two slots, one with a task that was."""
    return TaskList(
        service="web",
        tasks=(
            a_task(1, image=NEW),
            a_task(1, "failed", id="task-0", desired="shutdown", error=ERROR, exit_code=3),
            a_task(2, "rejected", desired="shutdown", error="No such image: web:2.5"),
        ),
        node_names={"n1": "node1"},
        whole=whole,
    )


def nodes() -> NodeList:
    """The leader, one that carries something, one that is away."""
    four = {"cpus": 4 * 10**9, "memory": 8_254_000_000, "engine": "29.7.0"}
    return NodeList(
        nodes=(
            a_node("n1", role="manager", leader=True, **four),
            a_node("n2", labels={"env": "prod", "disk": "<ssd>"}, **four),
            a_node("n3", status="down", availability="drain"),
        ),
        loads={"n2": Load(tasks=3, cpus=1_500_000_000, memory=512 * 1024**2)},
    )


def node() -> NodeDetail:
    """One in detail."""
    return NodeDetail(
        node=nodes().nodes[1],
        tasks=(a_task(2),),
        service_names={"svc-web": "web"},
        load=nodes().loads["n2"],
    )


def detail() -> ServiceDetail:
    """A service that is well."""
    web = ServiceRow(
        name="web",
        mode="replicated",
        running=3,
        wanted=3,
        image="shop/web:2.4",
        changed_at=NOW - timedelta(hours=3),
        changed_by=ANN.user,
    )
    spec = a_spec(
        NEW,
        env=["DB_PASSWORD=hunter22"],
        labels={"team": "<shop>"},
        Resources={"Limits": {"MemoryBytes": 512 * 1024**2}},
    )
    return ServiceDetail(
        row=web,
        cluster="default",
        at=NOW,
        id="9gq2ij0fg2e1xmnxp1u34ly1n",
        created_at=NOW - timedelta(days=9),
        update=UpdateWords(
            state=UpdateState.COMPLETED,
            message="update completed",
            began_at=NOW - timedelta(hours=3),
        ),
        runs=((NEW, 3),),
        revision=a_revision(4, reason="fix the <cart>", image=NEW),
        current=4,
        rollout="r-7k2mq9xw",
        tag=Tag(image="shop/web:2.4", digest=DIGEST, now=DIGEST),
        fields=tuple((each.path, each.new or "") for each in diff(None, spec)),
    )


def detail_in_trouble() -> ServiceDetail:
    """The same with all that can be in the way."""
    it = detail()
    row = replace(
        it.row,
        running=1,
        health=Health(standing=Standing.PAUSED, why=ERROR),
        drift=True,
        changed_by="",
    )
    return replace(
        it,
        row=row,
        update=UpdateWords(state=UpdateState.PAUSED, message="update paused: task t3 <!here>"),
        runs=((OLD, 2), (NEW, 1)),
        revision=None,
        rollout="",
        drift=(
            FieldChange(path="image", old="shop/web:2.3", new="shop/web:2.4"),
            FieldChange(path="env DB_PASSWORD", old="••••", new="•••• (changed)"),
        ),
        tag=Tag(image="shop/web:2.4", digest=DIGEST, now="sha256:" + "3c" * 32),
        locks=(a_lock(until=later(7200)), locks()[-1]),
        freezes=freezes().windows[:1],
        unknown=("A lock cannot be read (lock:x), so it counts as locked.",),
    )


def tags() -> TagList:
    """One that runs, one that moved, one that nobody could look at."""
    other = "sha256:" + "3c" * 32
    return TagList(
        repository="shop/web",
        at=NOW,
        rows=(
            TagRow(
                tag=TagView(
                    name="2.4",
                    digest=DIGEST,
                    created_at=NOW - timedelta(hours=5),
                    size=70_000_000,
                ),
                runs=("web", "web-eu"),
            ),
            TagRow(
                tag=TagView(
                    name="2.3", digest=other, created_at=NOW - timedelta(days=90), size=512
                ),
                moved=("cron",),
            ),
            TagRow(tag=TagView(name="edge")),
        ),
        elsewhere=("old",),
    )


def page() -> TaskList:
    """The middle one of three pages, of a service that runs on every node."""
    names = {f"n{number}": f"node{number:02}" for number in range(50)}
    found = tuple(
        a_task(0, "running", id=f"task-{node}", node_id=node, state_at=later(5)) for node in names
    )
    asked = Asked(line="ps agent", page=2)
    return TaskList(service="agent", tasks=found, node_names=names, by_node=True, asked=asked)
