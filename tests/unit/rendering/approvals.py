"""Requests for approval in every state, as the golden files show them."""

from dataclasses import replace

from bot.domain.approval import Approval, ApprovalNote, ApprovalState, Blast
from bot.domain.change import Change, ChangeState
from bot.domain.plan import FieldChange
from bot.domain.policy import Members
from bot.domain.rollout.record import Rollout, RolloutState
from tests.builders import ANN, BOB, later
from tests.unit.domain.approval.samples import RULE, a_vote, an_approval
from tests.unit.rendering.samples import CHANGES, rollout
from tests.unit.rendering.samples_changes import a_change

S = ApprovalState
MANY = tuple(FieldChange(path=f"label l{n}", old=None, new="<!channel>") for n in range(20))


def requests() -> dict[str, Approval]:
    """One of each state, and the special cases."""
    one = an_approval(changes=CHANGES, votes=(a_vote(BOB.user),))
    two = replace(one, votes=(a_vote(BOB.user), a_vote("U3CAT")))
    ended = replace(two, ended_at=later(95), ended_by="U3CAT")
    link = "https://waggle.slack.com/archives/C1/p1763900000000100"
    void = replace(
        ended,
        state=S.VOID,
        moved=("the tag moved: it was 1a and is 2b now", f"web is being updated by <@{ANN.user}>"),
    )
    return {
        "pending": an_approval(),
        "one_yes": one,
        "of_everyone": an_approval(
            rule=replace(RULE, approvers=Members(everyone=True)), blast=Blast(), digest_new=""
        ),
        "past_a_limit": an_approval(
            beyond=("production changes by at most <2> replicas at once, this by +3",)
        ),
        "cautioned": an_approval(
            warnings=("no node ever matches `<b>==c`: Swarm knows no `<b>`\n<!here>",)
        ),
        "called_elsewhere": an_approval(called_in="p-3m8zc4tw"),
        "long": an_approval(changes=MANY),
        "removal": an_approval(kind="rm", subject="c-7k2mq9xw", blast=Blast(tasks=1)),
        "approved": replace(ended, state=S.APPROVED),
        "approved_and_begun": replace(ended, state=S.APPROVED, subject_link=link),
        "forged_link": replace(ended, state=S.APPROVED, subject_link="https://x/|<!channel>"),
        "rejected": replace(
            ended, state=S.REJECTED, reason="not <!here> before\nthe migration", votes=one.votes
        ),
        "expired": replace(ended, state=S.EXPIRED, votes=one.votes, ended_by=None),
        "cancelled": replace(ended, state=S.CANCELLED, ended_by=ANN.user),
        "called_off": replace(
            ended, state=S.CANCELLED, ended_by=None, reason="Waggle cannot post in this channel."
        ),
        "void": void,
        "barred": replace(
            void,
            barred=True,
            named=("U6SAM",),
            moved=("Not allowed: web is locked by <@U6SAM> since 3m: ask <@U7TOM>",),
        ),
        "planned_again": replace(void, again="r-2"),
        "asked_again": replace(void, again="r-2", again_asked="p-2"),
    }


def notes() -> dict[str, tuple[Approval, ApprovalNote]]:
    """Each kind of note."""
    have = requests()
    ends = ("rejected", "expired", "cancelled", "called_off", "void")
    return {
        "details": (have["long"], ApprovalNote.DETAILS),
        "reminder": (have["one_yes"], ApprovalNote.REMINDER),
        **{name: (have[name], ApprovalNote.ENDED) for name in ends},
    }


def reviews() -> dict[str, Rollout | Change]:
    """Before, between and after the two reviews."""
    broken = rollout(RolloutState.COMPLETED, glass="shop is down")
    return {
        "wanted": broken,
        "half": replace(broken, reviews=(BOB.user,)),
        "done": replace(broken, reviews=(BOB.user, "U3CAT")),
        "of_a_removal": a_change(ChangeState.APPLIED, glass="it eats the disk"),
    }
