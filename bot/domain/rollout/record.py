"""The record of one rollout: the truth, changed only by compare-and-set."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from bot.domain.breaking import Breaking
from bot.domain.change import ActionKind
from bot.domain.convergence.progress import Progress as Progress  # noqa: PLC0414 - part of the record
from bot.domain.convergence.progress import SlotProgress as SlotProgress  # noqa: PLC0414 - part of the record
from bot.domain.jsontypes import Spec
from bot.domain.plan import Kind, Plan
from bot.domain.policy import Resource
from bot.domain.request import Request


class RolloutState(StrEnum):
    """Where a rollout stands.

    `accepted` and `planned` come before the rollout is visible in the channel, and so does
    `awaiting`: it holds nothing while other people are asked. `refused`, `unchanged` and `shown`
    end a command that never became one. The others are public: they stand in the parent message's
    metadata.
    """

    ACCEPTED = "accepted"
    AWAITING = "awaiting"
    PLANNED = "planned"
    PROGRESSING = "progressing"
    PAUSED = "paused"
    STALLED = "stalled"
    ROLLING_BACK = "rolling_back"
    COMPLETED = "completed"
    ROLLED_BACK = "rolled_back"
    FAILED = "failed"
    ABORTED = "aborted"
    SUPERSEDED = "superseded"
    REFUSED = "refused"
    UNCHANGED = "unchanged"
    SHOWN = "shown"


class Purpose(StrEnum):
    """Why a spec is posted."""

    FORWARD = "forward"
    RETRY = "retry"  # resume and un-stick: the same spec with a new `waggle.attempt`
    BACK = "back"  # a recorded revision, under its own RollbackConfig
    RESTORE = "restore"  # after BACK: the revision's own UpdateConfig again; replaces no task


@dataclass(frozen=True, kw_only=True, slots=True)
class Posting:
    """A spec to be posted, or posted.

    `(rollout id, attempt)` stands in its labels, so that a repeated job can see its own work.

    Attributes:
        spec: whole, with the `waggle.` labels.
        base_hash: what must be live before (hash without `waggle.` labels); None: the service must
            not exist.
        attempt: from 1, unique within the rollout.
        live_hash: hash of what the Engine echoed after the post; None until it is known to be
            posted.
        posted_at: None until it is known to be posted.
        version: `Version.Index` seen right after.
        base_version: `Version.Index` that was seen before; None: nothing was there, or it was not
            kept then.
        restore: for a posting that goes back: what has to be posted once it has converged, so that
            the revision's own UpdateConfig is in force again; None when that is so already.
    """

    purpose: Purpose
    spec: Spec
    base_hash: str | None
    attempt: int
    live_hash: str | None = None
    posted_at: datetime | None = None
    version: int | None = None
    restore: Spec | None = None
    base_version: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class TaskFailure:
    """The failing task, in its own words (third-party text: escape it)."""

    task_id: str
    label: str
    node: str
    state: str
    error: str
    exit_code: int | None
    log: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Errand:
    """By whose act a posting is made, which is still to be sent.

    Attributes:
        kind: what was done.
        request: who asked, and where; without its command.
        break_glass: the rules were passed by.
        back: what going back to a revision was judged on; None for anything else.
        attempt: of the posting.
        before: the posting that stays in force if that one may not be sent.
        going_back, back_to, progress, failure, shown_hint: the rollout's, as they were before; of
            the last three an errand from before they were kept has none.
    """

    kind: ActionKind
    request: Request
    break_glass: bool
    back: Resource | None
    attempt: int
    before: Posting
    going_back: bool
    back_to: int | None
    progress: Progress | None = None
    failure: TaskFailure | None = None
    shown_hint: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Rollout:
    """One rollout.

    Attributes:
        service: name; targets given by id are resolved by the plan.
        from_revision: the revision that was current at the start; None for a create.
        to_revision: the revision that it makes (or, for a rollback, makes current again). What is
            current at the end is `makes_current` in bot.domain.rollout.standing.
        back_to: where Roll back would go (`choose` in bot.domain.rollback), None if nowhere; once
            it is going back, where it goes.
        posting: the present posting; when its `posted_at` is None the `apply` job has to carry it
            out.
        errand: by whose act the posting is made, while that is due; None: by nobody's.
        attempts: postings so far, the present one included.
        going_back: True from the moment a rollback (asked for or automatic) runs; it then ends
            `rolled_back`.
        deadline: no progress for so long = stalled.
        progress_at: when `updated` last grew or a task last moved on.
        converged_at: since when all tasks have been right without a break; None while they are not.
        reason: why it is paused, stalled, failed, refused …: one sentence for the person.
        blame: who acted on it last (for `aborted`, `superseded`, a rollback by button), a Slack
            user id.
        progress_note: number of the thread message that shows the progress, edited in place while
            it is the last one; 0 before the first.
        notes: how many thread messages it has written (the next one's number).
        left_behind: for aborted and superseded: what is live now, in words.
        shown_hint: progress line last written to the thread, so that an equal one is not repeated.
        doubted_since: since when looks have shown less than was seen already (bot.domain.lag).
        watch_until: for a completed one that Swarm may still pause or roll back: until when it is
            looked at at the latest; for one that people left in the middle of a post: until when it
            is looked whether that came through; None once that is over.
        locked_revision: for rolled_back: the revision to which updates are locked by it.
        environments: names of those that the policy judged it by when it was planned.
        approval_id, approval_link: of the approval that it waits for, or runs by; while it waits,
            `plan` is what was shown to the approvers.
        glass: why rules were first passed by; empty when they were not.
        breakings: each time that they were: read them by `breakings_of` in
            bot.domain.rollout.glass, for records written before there were any have none.
        reviews: who has reviewed that since.
    """

    id: str
    cluster: str
    kind: Kind
    request: Request
    service: str
    state: RolloutState = RolloutState.ACCEPTED
    service_id: str | None = None
    plan: Plan | None = None
    posting: Posting | None = None
    errand: Errand | None = None
    attempts: int = 0
    from_revision: int | None = None
    to_revision: int | None = None
    back_to: int | None = None
    going_back: bool = False
    detach: bool = False
    deadline: timedelta = timedelta(minutes=10)
    progress: Progress | None = None
    failure: TaskFailure | None = None
    reason: str = ""
    blame: str | None = None
    left_behind: str = ""
    started_at: datetime | None = None
    ended_at: datetime | None = None
    progress_at: datetime | None = None
    converged_at: datetime | None = None
    touched_at: datetime | None = None
    doubted_since: datetime | None = None
    notes: int = 0
    progress_note: int = 0
    shown_hint: str = ""
    approval_id: str | None = None
    approval_link: str = ""
    glass: str = ""
    breakings: tuple[Breaking, ...] = ()
    reviews: tuple[str, ...] = ()
    superseded_by: str | None = None
    watch_until: datetime | None = None
    locked_revision: int | None = None
    environments: tuple[str, ...] = ()
