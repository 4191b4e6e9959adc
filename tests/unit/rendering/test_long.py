"""Big services, long diffs, long logs: shortened where one can see it, whole in a file."""

from dataclasses import replace
from datetime import UTC, datetime

from bot.domain.health import Health, Standing
from bot.domain.page import Asked
from bot.domain.plan import FieldChange
from bot.domain.reads import ServiceList, ServiceRow
from bot.domain.reply import DryRun, HistoryList, Logs, RawJson, RolloutList
from bot.domain.revision import Mark
from bot.domain.rollout.note import Note, NoteKind
from bot.domain.rollout.record import Progress, RolloutState, SlotProgress
from bot.rendering.guard import guard
from bot.rendering.voice import BlockKitVoice
from tests.builders import a_history, a_plan, a_rollout
from tests.unit.rendering.samples import FAILURE, OLD, rollout
from tests.unit.rendering.samples_kept import NEW

VOICE = BlockKitVoice("/fleet", open_policy=False)
MANY = tuple(FieldChange(path=f"label l{n}", old=None, new="x" * 80) for n in range(90))


def test_the_parent_shows_a_part_of_the_diff_and_the_thread_all_of_it() -> None:
    one = a_rollout(a_plan(changes=MANY))
    parent = VOICE.parent(one)
    assert parent.file_name is None
    assert "… 83 more lines in the thread" in str(parent.blocks)
    started = VOICE.note(one, Note(kind=NoteKind.STARTED))
    assert started.file_name == "r-1-diff.txt"
    assert started.file_text is not None
    assert len(started.file_text.splitlines()) == len(MANY)
    assert "more lines in the file" in started.text


def test_a_diff_that_fits_is_whole_in_the_thread() -> None:
    started = VOICE.note(a_rollout(a_plan(changes=MANY[:20])), Note(kind=NoteKind.STARTED))
    assert started.file_name is None
    assert all(f"+ label l{n}: x" in started.text for n in range(20))


def test_what_is_cut_of_the_small_print_stands_in_the_file() -> None:
    warnings = tuple(f"--env-rm `KEY{n}` finds nothing <{n}>" for n in range(150))
    dry = VOICE.private(DryRun(what="update web", changes=MANY, warnings=warnings))
    assert "in the file" in str(guard(dry).blocks)
    assert dry.file_name == "plan.txt"
    assert dry.file_text is not None
    assert "`KEY149` finds nothing <149>" in dry.file_text
    assert "+ label l89: x" in dry.file_text


def test_the_small_print_of_a_list_in_a_file_is_of_what_is_shown_and_in_the_file_of_all() -> None:
    health = Health(standing=Standing.FAILING, why="no database")
    rows = tuple(
        ServiceRow(name=f"s{n:03}", mode="m", running=0, wanted=1, image="i", health=health)
        for n in range(300)
    )
    content = VOICE.private(ServiceList(rows=rows, asked=Asked(line="services")))
    assert "in the file" in content.text
    shown = [f"s{n:03}" for n in range(300) if f"s{n:03}  " in content.text]
    assert 1 < len(shown) < 300
    errors = [line for line in content.text.splitlines() if line.startswith(":warning: `")]
    assert errors == [f":warning: `{name}` failing: `no database`" for name in shown]
    assert guard(content) == content, "nothing is cut"
    assert content.file_text is not None
    assert ":warning: `s299` failing: `no database`" in content.file_text


def test_of_a_big_service_the_slots_that_stir_are_shown() -> None:
    slots = tuple(
        SlotProgress(
            label=f"web.{n}",
            node="node1",
            state="failed" if n == 777 else "running",
            updated=n < 600,
            image=NEW if n < 600 else OLD,
        )
        for n in range(1_000)
    )
    progress = Progress(total=1_000, updated=600, running=999, slots=slots)
    text = VOICE.note(
        rollout(RolloutState.PROGRESSING, progress=progress), Note(kind=NoteKind.PROGRESS)
    ).text
    assert "web.777" in text
    assert "web.3 " not in text
    assert "… 975 more: 600 updated, 375 not yet" in text
    assert len(text) < 3_000


def test_a_long_log_is_shortened_in_a_call_for_help_and_says_how_to_see_it() -> None:
    log = tuple(f"line {n} " + "y" * 500 for n in range(40))
    one = rollout(RolloutState.PAUSED, failure=replace(FAILURE, log=log))
    note = VOICE.note(one, Note(kind=NoteKind.PAUSED, broadcast=True))
    assert note.file_name is None
    assert "25 earlier: `/fleet logs web`" in note.text
    assert "line 39" in note.text
    assert "… (+" in note.text
    assert "`/fleet resume web`" in note.text


def test_long_answers_come_as_files_with_every_line() -> None:
    lines = tuple((datetime(2026, 1, 1, tzinfo=UTC), "web.1", f"line {n}") for n in range(500))
    row = ServiceRow(name="s", mode="global", running=1, wanted=1, image="i" * 60)
    for reply, name, last in (
        (Logs(service="web", lines=lines), "web.log", "line 499"),
        (ServiceList(rows=(row,) * 60), "services.txt", "s     ok      global"),
        (RawJson(name="web", document={str(n): "v" for n in range(400)}), "web.json", "}"),
    ):
        made = VOICE.private(reply)
        assert made.file_name == name
        assert made.file_text is not None
        assert made.file_text.splitlines()[-1].startswith(last) or last in made.file_text
        assert "more lines in the file" in made.text


def test_a_json_file_is_json() -> None:
    made = VOICE.private(RawJson(name="web", document={str(n): "<&>" for n in range(400)}))
    assert made.file_text is not None
    assert '"1": "<&>"' in made.file_text


def test_a_long_history_keeps_the_newest_in_sight() -> None:
    made = VOICE.private(HistoryList(history=a_history(*[Mark.GOOD] * 30)))
    assert "→ *30* good" in made.text
    assert "… 10 older ones in the file" in made.text
    assert made.file_text is not None
    assert len(made.file_text.splitlines()) == 31


def test_many_rollouts() -> None:
    made = VOICE.private(RolloutList(rollouts=(rollout(RolloutState.COMPLETED),) * 20))
    assert made.file_text is not None
    assert "… 8 more in the file" in made.text


def test_the_policy_is_told_only_where_it_is_open() -> None:
    one = rollout(RolloutState.PROGRESSING)
    line = "policy: open – everyone may do everything"
    assert line in BlockKitVoice(open_policy=True).parent(one).text
    assert line not in VOICE.parent(one).text


def test_going_back_is_never_told_as_a_success() -> None:
    one = rollout(RolloutState.ROLLED_BACK, going_back=True)
    for content in (VOICE.parent(one), VOICE.note(one, Note(kind=NoteKind.ENDED))):
        shown = content.text + str(content.blocks)
        assert "white_check_mark" not in shown
        assert "completed" not in shown
        assert "asked for: image" in shown
