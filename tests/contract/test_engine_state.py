"""What an engine keeps and shows: specs between POST and GET, lists, tasks, endpoints."""

from typing import Any

from tests.contract.engine_peers import Engine, OnReal, OnSimulated
from tests.contract.engine_specs import EMPTY_CONTAINER, EMPTY_TEMPLATE, SECOND, UPDATE, rich


class Contract:
    """The tests; the subclasses bring the engine."""

    def test_what_is_said_is_kept_and_what_is_unknown_dropped(self, engine: Engine) -> None:
        spec = rich(engine.name(), engine.image())
        spec["Bogus"] = spec["TaskTemplate"]["Bogus"] = 1
        spec["TaskTemplate"]["ContainerSpec"] |= {"Bogus": 1, "OomScoreAdj": 5}
        spec["TaskTemplate"]["ContainerSpec"]["Healthcheck"]["StartInterval"] = SECOND
        made = engine.make("services", spec)
        assert engine.service(made)["Spec"] == rich(spec["Name"], engine.image())

    def test_what_is_empty_is_left_out(self, engine: Engine) -> None:
        name, image = engine.name(), engine.image()
        spec: dict[str, Any] = {
            "Name": name,
            "Labels": None,
            "TaskTemplate": {
                "ContainerSpec": {"Image": image, **EMPTY_CONTAINER},
                **EMPTY_TEMPLATE,
            },
            "Mode": {"Replicated": {"Replicas": 0}},
            "UpdateConfig": {"Parallelism": 0, "Delay": 0, "Monitor": 0},
            "RollbackConfig": {},
            "EndpointSpec": {"Ports": []},
        }
        assert engine.service(engine.make("services", spec))["Spec"] == {
            "Name": name,
            "Labels": {},
            "TaskTemplate": {
                "ContainerSpec": {
                    "Image": image,
                    "Privileges": {"CredentialSpec": None, "SELinuxContext": None},
                    "Init": False,
                    "StopGracePeriod": 0,
                    "Healthcheck": {},
                    "DNSConfig": {},
                    "Isolation": "default",
                },
                "Resources": {"Limits": {}, "Reservations": {}},
                "RestartPolicy": {"Condition": "any", "MaxAttempts": 0},
                "Placement": {},
                "LogDriver": {},
                "ForceUpdate": 0,
                "Runtime": "container",
            },
            "Mode": {"Replicated": {"Replicas": 0}},
            "UpdateConfig": UPDATE,
            "RollbackConfig": UPDATE,
            "EndpointSpec": {"Mode": "vip"},
        }

    def test_what_is_not_said_stays_so_unless_asked_for(self, engine: Engine) -> None:
        name, image = engine.name(), engine.image()
        nowhere = {"Constraints": ["node.labels.nowhere==1"]}
        template = {
            "ContainerSpec": {"Image": image, "Healthcheck": None, "Init": None},
            "Resources": None,
            "RestartPolicy": None,
            "Placement": nowhere,
        }
        made = engine.make(
            "services", {"Name": name, "TaskTemplate": template, "UpdateConfig": None}
        )
        assert engine.service(made)["Spec"] == {
            "Name": name,
            "Labels": {},
            "TaskTemplate": {
                "ContainerSpec": {"Image": image, "Isolation": "default"},
                "Placement": nowhere,
                "ForceUpdate": 0,
                "Runtime": "container",
            },
            "Mode": {"Replicated": {"Replicas": 1}},
        }
        full = engine.service(made, insertDefaults="true")["Spec"]
        update = {**UPDATE, "Parallelism": 1, "Monitor": 5 * SECOND}
        assert full["UpdateConfig"] == full["RollbackConfig"] == update
        assert full["TaskTemplate"]["RestartPolicy"] == {
            "Condition": "any",
            "Delay": 5 * SECOND,
            "MaxAttempts": 0,
        }
        assert full["TaskTemplate"]["ContainerSpec"] == {
            "Image": image,
            "StopGracePeriod": 10 * SECOND,
            "DNSConfig": {},
            "Isolation": "default",
        }
        assert full["TaskTemplate"]["Resources"] == {}

    def test_jobs_count_completions(self, engine: Engine) -> None:
        spec = engine.spec(RestartPolicy={"Condition": "none"})
        del spec["UpdateConfig"]
        spec["TaskTemplate"]["ContainerSpec"]["Command"] = ["true"]
        spec["Mode"] = {"ReplicatedJob": {}}
        made = engine.make("services", spec)
        job = engine.service(made)
        assert job["Spec"]["Mode"] == {"ReplicatedJob": {"MaxConcurrent": 1, "TotalCompletions": 1}}
        assert set(job["JobStatus"]) == {"JobIteration", "LastExecution"}
        assert job["JobStatus"]["JobIteration"] == {}
        engine.until(lambda: [t["Status"]["State"] for t in engine.tasks(made)] == ["complete"])
        task = engine.tasks(made)[0]
        assert (task["DesiredState"], task["JobIteration"]) == ("complete", {})
        assert "Slot" not in task  # the first has number 0, and Go leaves zeros out

    def test_lists_are_filtered(self, engine: Engine) -> None:
        stem = engine.name()
        spec = {**engine.spec(), "Name": f"{stem}-web", "Labels": {stem: "shop", "x": ""}}
        web = engine.make("services", spec)
        spec = {**engine.spec(), "Name": f"{stem}-api", "Mode": {"Global": {}}}
        spec["TaskTemplate"]["Placement"] = {"Constraints": ["node.role==manager"]}
        api = engine.make("services", spec)

        def found(**filters: list[str]) -> set[str]:
            rows = engine.ask("GET", "/services", filters=filters).json
            return {row["ID"] for row in rows} & {web, api}

        assert found(name=[stem]) == {web, api}
        assert found(name=[f"{stem}-web"]) == {web}
        assert found(id=[web[:9]]) == {web}
        assert found(id=[web, api]) == {web, api}
        assert found(id=[web, "x" * 25]) == {web}
        assert found(label=[stem]) == found(label=[f"{stem}=shop"]) == {web}
        assert found(label=[stem, "x"]) == {web}
        assert found(label=[f"{stem}=other"]) == found(label=[stem, "y"]) == set()
        assert found(mode=["global"]) == {api}
        assert found(mode=["replicated"]) == {web}
        assert found(mode=["bogus"]) == set()
        assert found(name=[stem], mode=["global"]) == {api}
        assert found(runtime=["container"]) == {web, api}

    def test_tasks_are_filtered(self, engine: Engine) -> None:
        spec = {**engine.spec(replicas=2), "Labels": {"peer": "yes"}}
        made, name = engine.make("services", spec), spec["Name"]
        running = engine.running(made, 2)
        ids = {task["ID"] for task in running}
        node = engine.ask("GET", f"/nodes/{running[0]['NodeID']}").json

        def found(**filters: list[str]) -> set[str]:
            return {task["ID"] for task in engine.tasks(made, **filters)}

        assert found() == found(desired__state=["running"]) == found(_up__to__date=["true"]) == ids
        assert found(desired__state=["shutdown"]) == set()
        assert found(_up__to__date=["false"]) == ids  # that it is asked for counts, not the word
        assert found(name=[name]) == found(label=["peer=yes"]) == ids
        assert found(name=[f"{name}.1"]) < ids
        assert found(label=["peer=no"]) == set()
        assert found(id=[running[0]["ID"][:9]]) == {running[0]["ID"]}
        on_node = {t["ID"] for t in running if t["NodeID"] == node["ID"]}
        assert found(node=[node["ID"]]) == found(node=[node["Description"]["Hostname"]]) == on_node
        engine.update(made, lambda spec: spec["Labels"].update(peer="still"))
        assert found(_up__to__date=["true"]) == ids

    def test_a_task_shows_what_it_was_made_from(self, engine: Engine) -> None:
        made = engine.make("services", engine.spec(replicas=1))
        task = engine.running(made, 1)[0]
        assert task == engine.ask("GET", f"/tasks/{task['ID']}").json
        assert set(task) == {
            *("ID", "Version", "CreatedAt", "UpdatedAt", "Labels", "Spec", "ServiceID", "Slot"),
            *("NodeID", "Status", "DesiredState"),
        }
        live = engine.service(made)["Spec"]["TaskTemplate"]
        assert task["Spec"] == {key: live[key] for key in live if key != "Runtime"}
        assert set(task["Status"]) == {
            *("Timestamp", "State", "Message", "ContainerStatus", "PortStatus"),
        }
        assert task["Status"]["ContainerStatus"]["PID"] > 0
        assert (task["Slot"], task["Status"]["Message"]) == (1, "started")
        status = engine.ask("GET", "/services", status="true", filters={"id": [made]}).json
        assert status[0]["ServiceStatus"] == {
            "RunningTasks": 1,
            "DesiredTasks": 1,
            "CompletedTasks": 0,
        }

    def test_ports_and_addresses_are_given_out(self, engine: Engine) -> None:
        network = engine.make("networks", {"Name": engine.name(), "Driver": "overlay"})
        spec = engine.spec(Networks=[{"Target": network, "Aliases": ["al"]}])
        spec["EndpointSpec"] = {"Ports": [{"TargetPort": 81}]}
        made = engine.make("services", spec)
        endpoint = engine.until(
            lambda: (
                engine.service(made)["Endpoint"].get("VirtualIPs")
                and engine.service(made)["Endpoint"]
            )
        )
        port = {"Protocol": "tcp", "TargetPort": 81, "PublishMode": "ingress"}
        assert endpoint["Spec"] == {"Mode": "vip", "Ports": [port]}
        published = endpoint["Ports"][0]["PublishedPort"]
        assert published >= 30_000
        assert endpoint["Ports"] == [{**port, "PublishedPort": published}]
        assert network in {address["NetworkID"] for address in endpoint["VirtualIPs"]}
        assert len(endpoint["VirtualIPs"]) == 2
        engine.update(made, lambda spec: spec["Labels"].update(x="y"))
        assert engine.service(made)["Endpoint"] == endpoint


class TestSimulatedEngine(OnSimulated, Contract):
    pass


class TestDockerEngine(OnReal, Contract):
    pass
