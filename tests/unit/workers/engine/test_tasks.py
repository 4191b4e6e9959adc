"""Many services in few calls."""

import json
from typing import Any
from urllib.parse import urlencode
from weakref import ref

import pytest

from bot.domain.convergence.wanted import WANTED
from bot.ports import EngineRefusedError, EngineUnavailableError, NotFoundError
from workers.engine.calls import BATCH, FEWER, EngineCalls, filters
from workers.engine.failures import TooLongError, translated_list
from workers.engine.memo import Memo
from workers.engine.raw_tasks import task_ids
from workers.engine.swarm import DockerSwarm
from workers.engine.tasks import list_services, list_tasks


def _never() -> Any:
    raise AssertionError("no client here")


class Answers(EngineCalls):
    """An Engine with these services, each with one task; ids that are not there are a 404."""

    def __init__(self, services: set[str], tasks: list[dict[str, Any]] | None = None) -> None:
        super().__init__(_never)
        self.services = services
        self.listed = tasks
        self.asked: list[tuple[str, dict[str, list[str]]]] = []

    def body(self, path: str, *, kind: str = "", **params: Any) -> bytes:
        return json.dumps(self.answer(path, kind, params)).encode() + b"\n"

    def answer(self, path: str, kind: str, params: dict[str, Any]) -> Any:
        wanted = json.loads(params["filters"]) if "filters" in params else {}
        self.asked.append((path, wanted))
        if path == "/services":
            ids = wanted.get("id", self.services)
            return [_service(found) for found in self.services if found.startswith(tuple(ids))]
        if not set(wanted.get("service", [])) <= self.services:
            raise NotFoundError(kind, "")
        if self.listed is not None:
            return self.listed
        return [_task(f"t-{s}", s) for s in wanted["service"]]


def _service(name: str) -> dict[str, Any]:
    return {"ID": name, "Version": {"Index": 1}, "Spec": {"Name": name}}


def _task(name: str, service: str, **more: Any) -> dict[str, Any]:
    return {"ID": name, "ServiceID": service, "DesiredState": "running", **more}


def test_two_calls_for_all_services() -> None:
    calls = Answers({"a", "b"})
    tasks = list_tasks(calls, ["a", "b", "a"], wanted=True)
    assert [task.id for task in tasks] == ["t-a", "t-b"]
    assert [sorted(asked) for _, asked in calls.asked] == [
        ["desired-state", "service"],
        ["_up-to-date", "desired-state", "service"],
    ]


def test_a_service_that_is_gone_is_left_out() -> None:
    calls = Answers({"a"})
    assert [task.service_id for task in list_tasks(calls, ["a", "gone"], wanted=True)] == ["a"]
    assert list_tasks(calls, ["gone"], wanted=True) == []


def test_ids_go_by_the_hundred() -> None:
    ids = [f"s{number:03}" for number in range(450)]
    calls = Answers(set(ids))
    assert len(list_tasks(calls, ids, wanted=True)) == 450
    assert [len(asked["service"]) for _, asked in calls.asked] == [400, 400, 50, 50]
    assert len(list_services(calls, ids)) == 450


def test_nothing_asked_is_not_everything() -> None:
    calls = Answers({"a"})
    assert list_tasks(calls, [], wanted=True) == []
    assert list_services(calls, []) == []
    assert calls.asked == []


def test_the_id_filter_of_the_engine_takes_prefixes_and_ours_does_not() -> None:
    assert list_services(Answers({"abc", "abd"}), ["ab"]) == []


def test_earlier_runs_of_a_job_are_not_up_to_date() -> None:
    runs: list[dict[str, Any]] = [
        _task("old", "a", JobIteration={}),
        _task("new", "a", JobIteration={"Index": 4}),
    ]
    calls = Answers({"a"}, runs)
    assert [task.id for task in list_tasks(calls, ["a"], wanted=True)] == ["new"]
    every = list_tasks(calls, ["a"], wanted=False)
    assert [(task.id, task.up_to_date) for task in every] == [("old", False), ("new", True)]


def test_services_that_vanish_for_ever_are_no_loop() -> None:
    class Fickle(Answers):
        def answer(self, path: str, kind: str, params: dict[str, Any]) -> Any:
            if path == "/tasks":
                raise NotFoundError(kind, "")
            return super().answer(path, kind, params)

    with pytest.raises(EngineUnavailableError):
        list_tasks(Fickle({"a"}), ["a"], wanted=True)


def test_what_has_not_changed_is_read_once() -> None:
    calls = Answers({"a", "b"}, [_task("t", "a", Slot=1)])
    (first,), (again,) = (list_tasks(calls, ["a"], wanted=True) for _ in range(2))
    assert again is first
    calls.listed = [_task("t", "a", Slot=2)]
    (changed,) = list_tasks(calls, ["a"], wanted=True)
    assert (first.slot, changed.slot) == (1, 2)
    assert list_services(calls, ["a"])[0] is list_services(calls, ["a"])[0]
    (every,) = list_tasks(calls, ["a"], wanted=False)
    assert every == changed


def test_a_list_that_is_null_is_empty() -> None:
    class Nothing(Answers):
        def answer(self, path: str, kind: str, params: dict[str, Any]) -> Any:
            return None

    assert list_tasks(Nothing({"a"}), ["a"], wanted=True) == []
    assert list_services(Nothing({"a"}), ["a"]) == []


def test_a_whole_batch_fits_into_what_a_proxy_takes_by_default() -> None:
    asked = filters(desired__state=list(WANTED), service=["0" * 25] * BATCH, _up__to__date=["true"])
    line = f"GET /v1.41/tasks?{urlencode({'filters': asked})} HTTP/1.1"
    assert len(line) < 16_384 - 1_024 - 500  # HAProxy: its buffer, what it keeps of it, the headers


class Narrow(Answers):
    """A proxy stands before it that takes few ids."""

    most = 230
    status = 414

    def answer(self, path: str, kind: str, params: dict[str, Any]) -> Any:
        found = super().answer(path, kind, params)
        if any(
            len(values) > self.most for _, asked in self.asked[-1:] for values in asked.values()
        ):
            raise translated_list(self.status, "Too much of it", kind)
        return found


@pytest.mark.parametrize("status", [414, 431, 400])  # nginx; most servers; HAProxy
def test_where_the_url_is_too_long_smaller_calls_are_made_from_then_on(status: int) -> None:
    ids = [f"s{number:03}" for number in range(300)]
    calls = Narrow(set(ids))
    calls.status = status
    assert len(list_services(calls, ids)) == 300
    assert len(list_tasks(calls, ids, wanted=True)) == 300
    found = [len(asked.get("id", asked.get("service", []))) for _, asked in calls.asked]
    assert found == [300, 200, 100, 200, 200, 100, 100]
    calls.most = 100
    with pytest.raises(TooLongError):
        list_tasks(calls, ids, wanted=True)


@pytest.mark.parametrize(("status", "most"), [(403, 230), (500, 230), (400, 100)])
def test_another_refusal_is_no_question_of_length(status: int, most: int) -> None:
    ids = [f"s{number:03}" for number in range(300)]
    calls = Narrow(set(ids))
    calls.status, calls.most = status, most
    few = ids if most > FEWER else ids[:FEWER]
    with pytest.raises(EngineRefusedError, match="Too much of it"):
        list_services(calls, few)
    assert len(calls.asked) == 1
    calls.most = 300
    assert len(list_services(calls, ids)) == 300
    assert len(calls.asked) == 2  # and no smaller ones are made for it


def test_a_list_of_which_the_first_goes_takes_the_place_of_the_old_one() -> None:
    ids = [f"s{number:03}" for number in range(450)]
    calls = Answers(set(ids))
    held = [ref(view) for view in list_services(calls, ids)]
    list_services(calls, ids[1:])
    assert [view() for view in held] == [None] * 450


def test_one_service_after_the_other_is_not_gathered_nor_in_the_way_of_the_list() -> None:
    calls = Answers({"a", "b", "c"})
    every = list_services(calls, ["a", "b"])
    held = [ref(list_services(calls, [each])[0]) for each in "abc"]
    assert [view() is None for view in held] == [True, True, False]
    assert list_services(calls, ["a", "b"])[0] is every[0]


def test_who_looks_apart_takes_nobodys_place() -> None:
    swarm = DockerSwarm(Answers({"a", "b", "c"}))
    drains = swarm.apart("drains")
    mine, theirs = swarm.services(["a", "b"]), drains.services(["b", "c"])
    assert {view.id for view in theirs} == {"b", "c"}
    assert swarm.services(["a", "b"])[0] is mine[0]
    assert drains.services(["b", "c"])[0] is theirs[0]


def test_a_longer_list_takes_the_place_of_the_shorter_one() -> None:
    calls = Answers({"a", "b", "c"})
    (first,) = list_services(calls, ["a"])
    longer = list_services(calls, ["a", "b"])
    assert list_services(calls, ["a", "b"])[0] is longer[0]
    assert list_services(calls, ["c"])[0].id == "c"
    assert list_services(calls, ["a", "b"])[1] is longer[1]
    (again,) = list_services(calls, ["a"])
    assert again == first
    assert again is not first


def test_of_equal_parts_the_same_is_made_once() -> None:
    memo = Memo()
    made = memo.made("q", [b"x"], lambda: [1])
    assert memo.made("q", [b"x"], list) is made
    assert memo.made("q", [b"", b"x"], list) == []
    assert memo.made("q", [b"x"], lambda: [2]) == [2]
    assert memo.made("other", [b"x"], list) == []
    assert memo.made("q", [b"x"], list) == [2]


def test_what_is_asked_no_more_is_forgotten_after_a_minute() -> None:
    now = 0.0
    memo = Memo(lambda: now)
    left, asked = memo.made("left", [b"x"], lambda: [1]), memo.made("asked", [b"x"], lambda: [2])
    now = 59
    assert memo.made("asked", [b"x"], list) is asked
    now = 61
    assert memo.made("asked", [b"x"], list) is asked
    assert memo.made("left", [b"x"], list) == [] != left


def test_what_was_made_before_is_not_held_while_the_next_is_made() -> None:
    class Made:
        """Can be watched."""

    memo = Memo()
    watched = ref(memo.made("q", [b"x"], Made))
    assert watched() is not None
    assert memo.made("q", [b"y"], watched) is None


def test_what_tasks_have_in_common_is_one_string() -> None:
    spec = {"ContainerSpec": {"Image": "web:v1"}}
    more = {"NodeID": "n-1", "Spec": spec, "Status": {"State": "running", "Message": "started"}}
    calls = Answers({"s-1"}, [_task(name, "s-1", **more) for name in ("t-1", "t-2")])
    one, other = list_tasks(calls, ["s-1"], wanted=True)
    for name in ("service_id", "node_id", "desired", "state", "message", "image"):
        assert getattr(one, name) is getattr(other, name)


@pytest.mark.parametrize(
    "text",
    [
        b"[{}]",
        b'[{"ID": "a"}',
        b'[{"ID": "a"},',
        b'[{"ID": "a"},]',
        b'[{"ID": "a"}]x',
        b'[{"ID": "a"}][{"ID": "b"}]',
        b"[] []",
        b"[,]",
        b"nullx",
        b"null null",
        b'[{"ID": "a", "Deep": ' + b"[" * 100_000 + b"]" * 100_000 + b"}]",
        b"[",
        b"",
        b"7",
        b"\xff",
    ],
    ids=range(15),
)
def test_a_list_that_is_none_is_an_error(text: bytes) -> None:
    with pytest.raises(EngineUnavailableError):
        task_ids(text)


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        (b"null", set()),
        (b" null\n", set()),
        (b" [ ] \n", set()),
        (b'[{"ID":"a"},{"ID":"b"}]\n', {"a", "b"}),
        (b' [\n {"ID": "a"} ,\r\n\t{"ID": "b"}\n]', {"a", "b"}),
    ],
)
def test_a_list_is_read_however_it_is_spaced(text: bytes, ids: set[str]) -> None:
    assert task_ids(text) == ids


def test_a_list_that_cannot_be_read_is_no_answer_and_quotes_nothing() -> None:
    calls = Answers({"a"}, [_task("t", "a", Slot="DB_PASSWORD=canary")])
    with pytest.raises(EngineUnavailableError) as caught:
        list_tasks(calls, ["a"], wanted=True)
    assert "canary" not in str(caught.value)


def test_a_list_of_services_that_is_cut_off_is_no_answer() -> None:
    class Cut(Answers):
        def body(self, path: str, *, kind: str = "", **params: Any) -> bytes:
            return super().body(path, kind=kind, **params)[:-5]

    with pytest.raises(EngineUnavailableError):
        list_services(Cut({"a"}), ["a"])
