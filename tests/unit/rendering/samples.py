"""Rollouts, changes and replies in every state, as the golden files show them."""

from datetime import timedelta
from typing import Any

from bot.domain.approval import ApprovalState
from bot.domain.audit import Head
from bot.domain.observation import NetworkView
from bot.domain.plan import FieldChange, Kind
from bot.domain.policy import NotifyOn, NotifyRule
from bot.domain.reads import ServiceList
from bot.domain.reply import (
    ApprovalList,
    AuditList,
    DryRun,
    FreezeList,
    HistoryList,
    IdList,
    LockList,
    Logs,
    NetworkList,
    NothingToDo,
    RawJson,
    Refusal,
    Reply,
    RevisionDiff,
    RolloutList,
    Said,
    SubscriptionList,
    Unheard,
)
from bot.domain.revision import Mark
from bot.domain.rollout.note import Note, NoteKind
from bot.domain.rollout.record import (
    Progress,
    Purpose,
    Rollout,
    RolloutState,
    SlotProgress,
    TaskFailure,
)
from bot.domain.subscription import Subscription
from tests.builders import (
    ANN,
    BOB,
    NOW,
    a_history,
    a_plan,
    a_posting,
    a_request,
    a_revision,
    a_rollout,
    later,
)
from tests.unit.domain.approval.samples import a_vote, an_approval
from tests.unit.rendering import samples_reads
from tests.unit.rendering.audit_samples import HEAD, audit_entries
from tests.unit.rendering.samples_kept import NEW, freezes, locks

OLD = "shop/web:2.3@sha256:" + "1a" * 32
CHANGES = (
    FieldChange(path="image", old=OLD, new=NEW),
    FieldChange(path="replicas", old="3", new="6"),
    FieldChange(path="env DB_PASSWORD", old="(hidden)", new="(hidden, changed)"),
    FieldChange(path="publish 8080", old=None, new="8080:80/tcp"),
    FieldChange(path="label tier", old="front", new=None),
)
FAILURE = TaskFailure(
    task_id="t3",
    label="web.3",
    node="node2",
    state="failed",
    error="task: non-zero exit (1)",
    exit_code=1,
    log=("starting", "cannot bind 0.0.0.0:80: permission denied"),
)
SLOTS = (
    SlotProgress(label="web.1", node="node1", state="running", updated=True, image=NEW),
    SlotProgress(label="web.2", node="node2", state="preparing", updated=True, image=NEW),
    SlotProgress(label="web.3", node="node2", state="running", updated=False, image=OLD),
)
PROGRESS = Progress(
    total=6,
    updated=4,
    running=5,
    slots=SLOTS,
    waiting_for="delay 1m30s",
    expected=timedelta(minutes=2),
)
DONE = Progress(total=6, updated=6, running=6)

S = RolloutState


def rollout(state: RolloutState, **fields: Any) -> Rollout:
    """An update of `web` in that state, with what usually goes with it."""
    command = {"verb": "update", "options": {"reason": "fix the cart"}}
    values: dict[str, Any] = {
        "id": "r-7k2mq9xw",
        "request": a_request(
            command=command, line="update --image shop/web:2.4 --replicas 6 web --reason …"
        ),
        "state": state,
        "from_revision": 3,
        "to_revision": 4,
        "back_to": 3,
        "progress": PROGRESS,
        "touched_at": later(40),
    }
    plan = a_plan(changes=CHANGES, fingerprint="f1" * 32, warnings=("the tag moved an hour ago",))
    return a_rollout(plan, **{**values, **fields})


def rollouts() -> dict[str, Rollout]:
    """One of each public state, and the special cases."""
    ended = {"ended_at": later(95), "touched_at": later(95)}
    back = a_posting(purpose=Purpose.BACK, attempt=2)
    rollback_plan = a_plan(
        kind=Kind.ROLLBACK,
        changes=(FieldChange(path="image", old=NEW, new=OLD),),
        to_revision=3,
    )
    return {
        "planned": rollout(S.PLANNED, started_at=None, progress=None),
        "progressing": rollout(S.PROGRESSING),
        "paused": rollout(
            S.PAUSED, failure=FAILURE, reason="update paused due to failure of task t3"
        ),
        "stalled": rollout(
            S.STALLED,
            reason="no progress for 10m: no suitable node (2 of 2 are drained)",
            progress=Progress(
                total=6, updated=4, running=4, waiting_for="no suitable node (2 of 2 are drained)"
            ),
        ),
        "rolling_back": rollout(
            S.ROLLING_BACK, going_back=True, posting=back, blame=BOB.user, failure=FAILURE
        ),
        "completed": rollout(S.COMPLETED, progress=DONE, **ended),
        "rolled_back_by_person": rollout(
            S.ROLLED_BACK, going_back=True, posting=back, blame=BOB.user, progress=DONE, **ended
        ),
        "rolled_back_by_swarm": rollout(
            S.ROLLED_BACK,
            going_back=True,
            blame=BOB.user,
            progress=DONE,
            failure=FAILURE,
            reason="update rolled back due to failure or early termination of task t3",
            **ended,
        ),
        "rolled_back_locked": rollout(
            S.ROLLED_BACK, going_back=True, locked_revision=4, progress=DONE, **ended
        ),
        "rolled_back_as_asked": a_rollout(
            rollback_plan,
            state=S.ROLLED_BACK,
            from_revision=4,
            to_revision=3,
            going_back=True,
            progress=DONE,
            **ended,
        ),
        "failed": rollout(
            S.FAILED, failure=FAILURE, reason="the Engine refused it: port in use", **ended
        ),
        "aborted": rollout(
            S.ABORTED,
            blame=BOB.user,
            reason=f"<@{BOB.user}> stopped following it.",
            left_behind="web runs 4 of 6 tasks on the new image. Swarm's update stays paused.",
            **ended,
        ),
        "superseded": rollout(
            S.SUPERSEDED,
            reason="web was changed outside Waggle meanwhile: replicas 6 → 2.",
            left_behind="web is left as it is now, on shop/web:2.4.",
            **ended,
        ),
        "taken_over": rollout(
            S.SUPERSEDED,
            blame=BOB.user,
            superseded_by="r-2",
            reason=f"<@{BOB.user}> took over with r-2.",
            left_behind="web runs 4 of 6 tasks on the new image. Swarm goes on by itself.",
            **ended,
        ),
        "by_approval": rollout(
            S.PROGRESSING,
            approval_id="p-7k2mq9xw",
            approval_link="https://x.slack.com/archives/C1/p1",
        ),
        "by_approval_without_link": rollout(S.PROGRESSING, approval_id="p-7k2mq9xw"),
        "glass_broken": rollout(S.COMPLETED, progress=DONE, glass="shop is <down>", **ended),
        "created": a_rollout(
            a_plan(
                kind=Kind.CREATE,
                base_hash=None,
                base_spec=None,
                changes=(FieldChange(path="image", old=None, new=NEW),),
            ),
            from_revision=None,
            to_revision=1,
            back_to=None,
            progress=None,
        ),
    }


def notes() -> dict[str, tuple[Rollout, Note]]:
    """Each kind of note, beside a rollout in the state in which it is written."""
    have = rollouts()
    again = a_posting(purpose=Purpose.RETRY, attempt=2, posted_at=None)
    resumed = rollout(S.PROGRESSING, blame=BOB.user, attempts=2, posting=again)
    swarms = rollout(S.ROLLING_BACK, going_back=True, blame=BOB.user, failure=FAILURE)
    ended = {f"ended_{name}": have[name] for name in have if have[name].ended_at}
    told = {
        "started": (have["planned"], NoteKind.STARTED),
        "progress": (have["progressing"], NoteKind.PROGRESS),
        "failing": (rollout(S.PROGRESSING, failure=FAILURE), NoteKind.FAILING),
        "paused": (have["paused"], NoteKind.PAUSED),
        "stalled": (have["stalled"], NoteKind.STALLED),
        "resumed": (resumed, NoteKind.RESUMED),
        "resumed_outside": (rollout(S.PROGRESSING, blame=BOB.user), NoteKind.RESUMED),
        "unstuck": (resumed, NoteKind.UNSTUCK),
        "kept_waiting": (resumed, NoteKind.KEPT_WAITING),
        "rollback_started": (have["rolling_back"], NoteKind.ROLLBACK_STARTED),
        "rollback_by_swarm": (swarms, NoteKind.ROLLBACK_STARTED),
        "reopened_rolling_back": (swarms, NoteKind.REOPENED),
        "reopened": (have["paused"], NoteKind.REOPENED),
        **{name: (one, NoteKind.ENDED) for name, one in ended.items()},
    }
    return {name: (one, Note(kind=kind)) for name, (one, kind) in told.items()}


def replies() -> dict[str, Reply]:
    """At least one of each kind of reply."""
    marks = (Mark.GOOD, Mark.BAD, Mark.GOOD)
    history = a_history(*marks)
    entries = (
        a_revision(1, found=True),
        a_revision(2, Mark.BAD, actor=BOB.user, summary="image httpd:v1 → httpd:v2"),
        a_revision(3, actor=ANN.user, reason="fix the cart", image=NEW),
    )
    return {
        "refusal": Refusal(
            why="There is no service called `wbe`.",
            next_step="Did you mean `web`?",
        ),
        "refusal_held": Refusal(
            why=f"web is being updated by <@{BOB.user}> (r-1, paused), since 2m.",
            next_step="Wait for it, or `rollback web`.",
        ),
        "nothing_to_do": NothingToDo(what="web runs shop/web:2.4 with 6 replicas already."),
        "nothing_to_do_warned": NothingToDo(
            what="web is like that already.",
            warnings=("--env-rm `DEBGU` finds nothing; did you mean `DEBUG`?",),
        ),
        "subscriptions": SubscriptionList(
            channel="C2REL",
            cluster="default",
            own=(
                Subscription(
                    id="s-1",
                    cluster="default",
                    channel="C2REL",
                    pattern="web*",
                    on=frozenset({NotifyOn.FAILED, NotifyOn.ROLLED_BACK}),
                    by=ANN.user,
                    since=NOW,
                ),
            ),
            rules=(
                ("production", NotifyRule(channels=("C2REL",), on=frozenset(NotifyOn))),
                ("<b>", NotifyRule(channels=("C2REL",))),
            ),
        ),
        "no_subscriptions": SubscriptionList(channel="<!channel>", cluster="default"),
        "unheard": Unheard(
            channel="C9LONELY",
            subject="r-7k2mq9xw",
            code="not_in_channel",
            next_step="Type `/invite @waggle` there: it hears of what comes next.",
        ),
        "said": Said(text="r-7k2mq9xw is resumed."),
        "said_with_a_form": Said(text="Slack opens a form only for a click:", form="update web"),
        "dry_run": DryRun(what="update web", plan=rollout(S.SHOWN).plan),
        "dry_run_change": DryRun(
            what="node update node3", changes=(FieldChange(path="label env", old=None, new="x"),)
        ),
        "ids": IdList(noun="task", ids=("9gq2ij0fg2e1xmnxp1u34ly1n", "k3z0x"), of="web"),
        **samples_reads.lists(),
        "no_services": ServiceList(rows=()),
        "inspect": samples_reads.detail(),
        "inspect_in_trouble": samples_reads.detail_in_trouble(),
        "json": RawJson(name="web", document={"Spec": {"Name": "web", "Labels": {"a": "<b>"}}}),
        "logs": Logs(service="web", lines=((NOW, "web.1@node1", "hello"), (None, "web.2", "bye"))),
        "logs_found": Logs(
            service="web", lines=((NOW, "web.1@node1", "hello"),), grep="h*<o>", looked=412
        ),
        "logs_not_found": Logs(service="web", lines=(), grep="`x`", looked=1),
        "no_logs": Logs(service="web", lines=()),
        "history": HistoryList(history=type(history)(**{**vars(history), "entries": entries})),
        "diff": RevisionDiff(service="web", old=3, new=4, changes=CHANGES),
        "no_diff": RevisionDiff(service="web", old=3, new=4, changes=()),
        "freezes": freezes(),
        "no_freezes": FreezeList(at=NOW, ahead=timedelta(days=30)),
        "open_freezes": FreezeList(at=NOW, ahead=timedelta(days=30), open_policy=True),
        "audit": AuditList(entries=audit_entries(4), head=HEAD, of="of `web` by <@U2BOB>"),
        "audit_long": AuditList(entries=audit_entries(40), head=HEAD, more=True),
        "no_audit": AuditList(entries=(), head=Head(seq=0, hash=""), of="of `web`"),
        "rollouts": RolloutList(rollouts=tuple(rollouts().values())),
        "locks": LockList(locks=locks()),
        "locks_of_one": LockList(locks=locks()[:1], service="web"),
        "locks_many": LockList(locks=locks() * 3),
        "no_locks": LockList(locks=()),
        "no_locks_of_one": LockList(locks=(), service="web"),
        "dry_run_asks": DryRun(
            what="update web",
            plan=rollout(S.SHOWN).plan,
            asks="to update in production needs the yes of 2 people",
        ),
        "dry_run_glass": DryRun(
            what="update web",
            plan=rollout(S.SHOWN).plan,
            glass=True,
            passes=(
                "web is locked by <@U2BOB>: <!channel>",
                "prod is frozen until 2026-11-30 08:00 UTC (weekend)",
                "to update in prod needs the yes of 2 people",
            ),
        ),
        "dry_run_glass_for_nothing": DryRun(
            what="update web", plan=rollout(S.SHOWN).plan, glass=True
        ),
        "approvals": ApprovalList(
            approvals=(an_approval(votes=(a_vote(),)), an_approval(state=ApprovalState.EXPIRED))
        ),
        "no_approvals": ApprovalList(approvals=()),
        "networks": NetworkList(
            networks=(
                NetworkView(
                    id="net1" * 6, name="back", driver="overlay", scope="swarm", attachable=True
                ),
            )
        ),
    }
