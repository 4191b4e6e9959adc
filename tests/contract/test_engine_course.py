"""What an engine tells as things happen: rollback, events, logs."""

from typing import Any

from tests.contract.engine_peers import Engine, OnReal, OnSimulated


class Contract:
    """The tests; the subclasses bring the engine."""

    def test_rollback_lets_the_specs_change_places(self, engine: Engine) -> None:
        made = engine.make("services", engine.spec(replicas=1))
        engine.running(made, 1)

        def to_v2(spec: Any) -> None:
            spec["TaskTemplate"]["ContainerSpec"]["Image"] = engine.image("v2")

        answer = engine.update(made, to_v2)
        assert (answer.status, answer.json) == (200, {"Warnings": None})
        status = engine.until_state(made, "updating")
        assert set(status) == {"State", "StartedAt", "Message"}
        status = engine.until_state(made, "completed")
        assert set(status) == {"State", "StartedAt", "CompletedAt", "Message"}
        engine.update(made, lambda spec: None, rollback="previous")
        assert engine.service(made)["UpdateStatus"]["Message"] == "manually requested rollback"
        live = engine.service(made)
        images = [
            live[key]["TaskTemplate"]["ContainerSpec"]["Image"] for key in ("Spec", "PreviousSpec")
        ]
        assert images == [engine.image("v1"), engine.image("v2")]
        status = engine.until_state(made, "rollback_completed")
        assert status["Message"] == "rollback completed"
        assert "CompletedAt" in status

    def test_events_tell_of_a_service(self, engine: Engine) -> None:
        spec = engine.spec(replicas=1)
        made, name = engine.make("services", spec), spec["Name"]
        engine.running(made, 1)

        def to_v2(spec: Any) -> None:
            spec["TaskTemplate"]["ContainerSpec"]["Image"] = engine.image("v2")
            spec["Mode"]["Replicated"]["Replicas"] = 2

        engine.update(made, to_v2)
        engine.until_state(made, "completed")
        engine.ask("DELETE", f"/services/{made}")
        wanted = {"type": ["service"], "service": [made]}
        answer = engine.ask("GET", "/events", since=1, until=2_000, filters=wanted)
        assert (answer.status, answer.lines) == (200, [])

        def told() -> list[Any]:
            asked = {"since": 1, "until": engine.now(), "filters": wanted}
            return engine.ask("GET", "/events", **asked).lines

        engine.until(lambda: told() and told()[-1]["Action"] == "remove")
        events = told()
        assert {tuple(sorted(event)) for event in events} == {
            ("Action", "Actor", "Type", "scope", "time", "timeNano")
        }
        assert {event["scope"] for event in events} == {"swarm"}
        assert {event["Actor"]["ID"] for event in events} == {made}
        changes = [
            {"Action": e["Action"]} | e["Actor"]["Attributes"]
            for e in events
            if e["Action"] != "update" or len(e["Actor"]["Attributes"]) > 1
        ]
        images = {"image.old": engine.image("v1"), "image.new": engine.image("v2")}
        assert changes == [
            {"Action": "create", "name": name},
            {"Action": "update", "name": name, "replicas.old": "1", "replicas.new": "2", **images},
            {"Action": "update", "name": name, "updatestate.new": "updating"},
            {
                "Action": "update",
                "name": name,
                "updatestate.old": "updating",
                "updatestate.new": "completed",
            },
            {"Action": "remove", "name": name},
        ]

    def test_a_log_comes_in_frames(self, engine: Engine) -> None:
        made = engine.make("services", engine.spec("crash", replicas=1))
        words = b"crash: no database at db:5432\n"
        frame = b"\x02\0\0\0" + len(words).to_bytes(4) + words

        def log(path: str, **query: Any) -> bytes:
            return engine.ask("GET", path, stdout=1, stderr=1, **query).body

        def failed() -> list[Any]:
            return [t for t in engine.tasks(made) if t["Status"]["State"] == "failed"]

        task = engine.until(failed)[0]
        assert set(task["Status"]["ContainerStatus"]) == {"ContainerID", "PID", "ExitCode"}
        path = f"/tasks/{task['ID']}/logs"
        engine.until(lambda: log(path) == frame)
        assert engine.ask("GET", path, stdout=1).body == b""
        assert log(path, tail=1) == frame
        told = log(f"/services/{made}/logs", details=1, timestamps=1)
        first = told[8 : 8 + int.from_bytes(told[4:8])].decode()
        stamp, details, rest = first.split(" ", 2)
        assert stamp.endswith("Z")
        assert dict(part.split("=") for part in details.split(",")) == {
            "com.docker.swarm.node.id": task["NodeID"],
            "com.docker.swarm.service.id": made,
            "com.docker.swarm.task.id": task["ID"],
        }
        assert rest.encode() == words


class TestSimulatedEngine(OnSimulated, Contract):
    pass


class TestDockerEngine(OnReal, Contract):
    pass
