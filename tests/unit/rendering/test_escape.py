"""What others wrote is shown and never obeyed; what is secret is not shown."""

import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.change import ChangeState
from bot.domain.health import Health, Standing
from bot.domain.message import Content
from bot.domain.observation import TagView, UpdateState
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
from bot.domain.reply import (
    DryRun,
    HistoryList,
    Logs,
    NothingToDo,
    RawJson,
    Refusal,
    Reply,
    RolloutList,
    Said,
    TaskList,
)
from bot.domain.rollout.note import Note, NoteKind
from bot.domain.rollout.record import Progress, Rollout, RolloutState, SlotProgress, TaskFailure
from bot.rendering import escape as esc
from bot.rendering.limits import texts
from bot.rendering.voice import BlockKitVoice
from tests.builders import NOW, a_history, a_plan, a_request, a_revision, a_rollout, a_spec, a_task
from tests.unit.rendering import samples
from tests.unit.rendering.samples_changes import a_change, a_drain, a_moving

VOICE = BlockKitVoice(open_policy=True)
BAIT = "<!channel> ``` <@U0EVIL> <http://evil|ok> & \x1b[31mred\x1b[0m \u202e \u200f \u061c \u2028"
SECRET = "hunter2-canary"
MARKUP = re.compile(r"<[^<>]*>")


def _baited() -> Rollout:
    plan = a_plan(
        changes=tuple(FieldChange(path=BAIT, old=BAIT, new=BAIT) for _ in range(5)),
        warnings=(BAIT,),
        fingerprint=BAIT,
    )
    failure = TaskFailure(
        task_id=BAIT, label=BAIT, node=BAIT, state=BAIT, error=BAIT, exit_code=1, log=(BAIT, BAIT)
    )
    slot = SlotProgress(label=BAIT, node=BAIT, state=BAIT, updated=False, image=BAIT, error=BAIT)
    request = a_request(line=BAIT, command={"options": {"reason": BAIT}})
    return a_rollout(
        plan,
        id=BAIT,
        cluster=BAIT,
        service=BAIT,
        request=request,
        failure=failure,
        progress=Progress(total=3, updated=1, running=1, slots=(slot,), waiting_for=BAIT),
        reason=BAIT,
        left_behind=BAIT,
        superseded_by=BAIT,
    )


def _detail(row: ServiceRow) -> ServiceDetail:
    return ServiceDetail(
        row=replace(
            row, drift=True, rollout=BAIT, health=Health(standing=Standing.SHORT, why=BAIT)
        ),
        cluster=BAIT,
        at=NOW,
        id=BAIT,
        update=UpdateWords(state=UpdateState.PAUSED, message=BAIT),
        runs=((BAIT, 1), ("x", 1)),
        drift=(FieldChange(path=BAIT, old=BAIT, new=BAIT),),
        rollout=BAIT,
        tag=Tag(image=BAIT, digest=BAIT, now="x"),
        unknown=(BAIT,),
        fields=((BAIT, BAIT),),
    )


def _replies() -> list[Reply]:
    baited = _baited()
    entry = a_revision(1, image=BAIT, summary=BAIT, actor=BAIT, reason=BAIT)
    row = ServiceRow(name=BAIT, mode=BAIT, running=1, wanted=1, image=BAIT, ports=BAIT)
    task = a_task(1, BAIT, error=BAIT, image=BAIT, desired=BAIT)
    return [
        Refusal(why=BAIT, next_step=BAIT),
        NothingToDo(what=BAIT, warnings=(BAIT,)),
        Said(text=BAIT),
        DryRun(what=BAIT, plan=baited.plan),
        ServiceList(rows=(row,)),
        TaskList(service=BAIT, tasks=(task,), node_names={"n1": BAIT}),
        _detail(row),
        TagList(
            repository=BAIT,
            at=NOW,
            rows=(TagRow(tag=TagView(name=BAIT), runs=(BAIT,), moved=(BAIT,)),),
            elsewhere=(BAIT,),
        ),
        RawJson(name=BAIT, document={BAIT: BAIT}),
        Logs(service=BAIT, lines=((None, BAIT, BAIT),)),
        HistoryList(history=replace(a_history(), service=BAIT, entries=(entry,))),
        RolloutList(
            rollouts=(baited,),
            drains=(replace(a_drain(ChangeState.STALLED), target=BAIT, id=BAIT),),
        ),
    ]


def _all_baited() -> list[Content]:
    return [*_public(), *(VOICE.private(reply) for reply in _replies())]


def _public() -> list[Content]:
    baited = _baited()
    change = a_change(ChangeState.CONFIRMING, target=BAIT, cluster=BAIT, reason=BAIT, id=BAIT)
    moving = a_moving(BAIT, waits=BAIT, left=1)
    stuck = replace(
        a_drain(ChangeState.STALLED, services=(moving,)), warnings=(BAIT,), target=BAIT, id=BAIT
    )
    made = [VOICE.change(change), VOICE.change(stuck)]
    thread = (NoteKind.PROGRESS, NoteKind.STALLED, NoteKind.ENDED)
    made += [VOICE.change_note(stuck, kind) for kind in thread]
    for state in RolloutState:
        one = replace(baited, state=state)
        made += [VOICE.parent(one), *(VOICE.note(one, Note(kind=kind)) for kind in NoteKind)]
    return made


def _mrkdwn(content: Content) -> list[str]:
    return [content.text, *texts(list(content.blocks))]


def _markup(contents: list[Content]) -> set[str]:
    return {mark for made in contents for text in _mrkdwn(made) for mark in MARKUP.findall(text)}


def test_only_our_own_mention_survives() -> None:
    assert _markup(_public()) == {"<@U1ANN>"}


def test_a_private_answer_may_name_people_and_nothing_else() -> None:
    """Nobody is notified by what one person alone sees; refusals say who holds a service."""
    private = [VOICE.private(reply) for reply in _replies()]
    assert _markup(private) == {"<@U1ANN>", "<@U0EVIL>"}


def test_a_reason_names_only_those_who_took_part() -> None:
    reason = "<@U2BOB> took over; <@U3EVE> <!here>"
    text = VOICE.parent(a_rollout(state=RolloutState.ABORTED, reason=reason, blame="U2BOB")).text
    assert "<@U2BOB> took over; &lt;@U3EVE&gt; &lt;!here&gt;" in text


def test_no_terminal_colours_and_no_bidi() -> None:
    for made in _all_baited():
        assert not re.search(
            r"[\x1b\u202e\u200f\u061c\u2028]", "".join(_mrkdwn(made)) + (made.file_text or "")
        )


def test_code_blocks_are_closed_by_us_alone() -> None:
    """A fence of ours stands alone on its line; theirs are broken up."""
    for made in _all_baited():
        for text in _mrkdwn(made):
            fences = [line for line in text.split("\n") if "```" in line]
            if any(line == "```" for line in fences):
                assert len(fences) % 2 == 0


def test_env_values_are_not_shown() -> None:
    spec = a_spec("httpd:v2", env=[f"DB_PASSWORD={SECRET}"])
    command = {"verb": "update", "edits": [{"flag": "env-add", "value": SECRET}]}
    plan = a_plan(new=spec, base_spec=spec, changes=samples.CHANGES)
    one = a_rollout(plan, request=a_request(command=command))
    for state in RolloutState:
        moved = replace(one, state=state)
        shown = [VOICE.parent(moved), VOICE.private(RolloutList(rollouts=(moved,)))]
        shown += [VOICE.note(moved, Note(kind=kind)) for kind in NoteKind]
        assert SECRET not in repr([*shown, VOICE.private(DryRun(what="x", plan=plan))])


@pytest.mark.parametrize(
    ("value", "shown"),
    [("U1ANN", "<@U1ANN>"), ("!channel", "`!channel`"), ("U1>", "`U1&gt;`"), (None, "somebody")],
)
def test_a_mention_is_made_of_user_ids_only(value: str | None, shown: str) -> None:
    assert esc.person(value) == shown


def test_a_channel_in_a_refusal_is_drawn_for_the_one_who_reads_it_and_nobody_else() -> None:
    said = esc.escape("that is for <#C0OPS>, not <!channel>")
    assert esc.naming(said, None) == "that is for <#C0OPS>, not &lt;!channel&gt;"
    assert esc.naming(said, {"U0ANN"}) == said


@given(st.text())
def test_escaped_text_obeys_nothing_and_reads_the_same(value: str) -> None:
    made = esc.escape(value)
    assert "<" not in made
    assert ">" not in made
    assert "``" not in made
    back = made.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    assert back.replace("\u200b", "") == esc.clean(value).replace("\u200b", "")


@given(st.lists(st.text(alphabet="`a\n")))
def test_a_fence_has_one_beginning_and_one_end(lines: list[str]) -> None:
    assert esc.fence(lines).count("```") == 2


@given(st.text(alphabet=st.characters(categories=["Cs", "Cc", "L"])))
def test_what_is_shown_can_be_sent(value: str) -> None:
    content: Any = VOICE.private(Said(text=value))
    content.text.encode("utf-8")
