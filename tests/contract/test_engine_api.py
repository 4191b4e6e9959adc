"""What an engine answers to raw requests, the simulated one word for word as the real one."""

from typing import Any

import pytest

from tests.contract.engine_peers import Engine, OnReal, OnSimulated

SECOND = 10**9
STALE = "rpc error: code = Unknown desc = update out of sequence"
PRECONDITION = "rpc error: code = FailedPrecondition desc = "
INVALID = "rpc error: code = InvalidArgument desc = "
TOO_NEW = "client version 1.99 is too new. Maximum supported API version is 1.41"

BAD_SPECS: list[tuple[Any, int, str]] = [
    ({"Name": "bad name"}, 400, f"{INVALID}name must be valid as a DNS name component"),
    ({"Name": "x" * 64}, 400, f"{INVALID}name must be 63 characters or fewer"),
    ({"TaskTemplate": {}}, 400, "mismatched Runtime and *Spec fields"),
    (
        {"Mode": {"Replicated": {"Replicas": 1}, "Global": {}}},
        400,
        "must specify only one service mode",
    ),
    ({"UpdateConfig": {"Order": "foo"}}, 400, "unrecognized update order foo"),
    ({"UpdateConfig": {"FailureAction": "foo"}}, 400, "unrecognized update failure action foo"),
    (
        {"UpdateConfig": {"MaxFailureRatio": 2}},
        400,
        f"{INVALID}TaskSpec: update-maxfailureratio cannot be less than 0 or bigger than 1",
    ),
    (
        {"UpdateConfig": {"Monitor": -1}},
        400,
        f"{INVALID}TaskSpec: update-monitor cannot be negative",
    ),
    (
        {"EndpointSpec": {"Mode": "dnsrr", "Ports": [{"TargetPort": 80, "PublishedPort": 8081}]}},
        400,
        f"{INVALID}EndpointSpec: port published with ingress mode can't be used with dnsrr mode",
    ),
    (
        {
            "EndpointSpec": {
                "Ports": [
                    {"TargetPort": 80, "PublishedPort": 8081},
                    {"TargetPort": 81, "PublishedPort": 8081},
                ]
            }
        },
        400,
        f"{INVALID}EndpointSpec: duplicate published ports provided",
    ),
    (
        {"Mode": {"ReplicatedJob": {}}, "UpdateConfig": {"Parallelism": 1}},
        400,
        f"{INVALID}Jobs may not have an update config",
    ),
]
BAD_TEMPLATES: list[tuple[Any, int, str]] = [
    ({"RestartPolicy": {"Condition": "foo"}}, 400, 'invalid RestartCondition: "foo"'),
    (
        {"RestartPolicy": {"Delay": -1}},
        400,
        f"{INVALID}TaskSpec: restart-delay cannot be negative",
    ),
    (
        {"Placement": {"Constraints": ["node.role=worker"]}},
        500,
        "rpc error: code = Unknown desc = constraint expected one operator from ==, !=",
    ),
    (
        {"Resources": {"Limits": {"MemoryBytes": 100}}},
        400,
        f"{INVALID}invalid memory value 100: Must be at least 4MiB",
    ),
    (
        {"Resources": {"Limits": {"NanoCPUs": 100}}},
        400,
        f"{INVALID}invalid cpu value 1e-07: Must be at least 0.001",
    ),
    ({"Networks": [{"Target": "nowhere"}]}, 500, "network nowhere not found"),
    (
        {"ContainerSpec": {"Image": ""}},
        400,
        f"{INVALID}ContainerSpec: image reference must be provided",
    ),
    (
        {"ContainerSpec": {"Image": "UPPER CASE"}},
        400,
        f'{INVALID}ContainerSpec: "UPPER CASE" is not a valid repository/tag',
    ),
    (
        {"ContainerSpec": {"Image": "x", "Mounts": [{"Type": "bogus", "Target": "/y"}]}},
        400,
        'invalid MountType: "bogus"',
    ),
    (
        {
            "ContainerSpec": {
                "Image": "x",
                "Mounts": [{"Type": "bind", "Source": "/x", "Target": "/y"}] * 2,
            }
        },
        400,
        f"{INVALID}ContainerSpec: duplicate mount point: /y",
    ),
    (
        {
            "ContainerSpec": {
                "Image": "x",
                "Secrets": [{"SecretID": "x" * 25, "SecretName": "s", "File": {"Name": "s"}}],
            }
        },
        400,
        f"{INVALID}secret not found: s",
    ),
]
REFUSED: list[tuple[str, str, int, str]] = [
    ("GET", "/nothing", 404, "page not found"),
    ("DELETE", "/version", 404, "page not found"),
    ("GET", "/services/", 404, "page not found"),
    ("GET", "/services/nope", 404, "service nope not found"),
    ("DELETE", "/services/nope", 404, "service nope not found"),
    ("GET", "/services/nope/logs?stdout=1", 404, "service nope not found"),
    ("GET", "/tasks/nope", 404, "task nope not found"),
    ("GET", "/tasks/nope/logs?stdout=1", 404, "task nope not found"),
    ("GET", "/nodes/nope", 404, "node nope not found"),
    ("GET", "/nodes/self", 404, "node self not found"),
    ("DELETE", "/nodes/nope", 404, "node nope not found"),
    ("GET", "/networks/nope", 404, "network nope not found"),
    ("DELETE", "/networks/nope", 404, "network nope not found"),
    ("DELETE", "/networks/host", 403, "host is a pre-defined network and cannot be removed"),
    ("GET", "/secrets/nope", 404, "secret nope not found"),
    ("DELETE", "/configs/nope", 404, "config nope not found"),
    ("GET", "/distribution/UPPER/json", 400, "invalid reference format: repository name must be"),
    ("POST", "/services/create", 400, "got EOF while reading request body"),
    ("GET", "/services?filters=bogus", 400, "invalid character 'b' looking for beginning of"),
    ("GET", '/services?filters={"bogus":["x"]}', 400, "Invalid filter 'bogus'"),
    ("GET", '/tasks?filters={"bogus":["x"]}', 400, "Invalid filter 'bogus'"),
    ("GET", '/tasks?filters={"service":["nope"]}', 404, "service nope not found"),
    ("GET", '/tasks?filters={"node":["nope"]}', 404, "node nope not found"),
    (
        "GET",
        '/tasks?filters={"desired-state":["bogus"]}',
        500,
        "Invalid desired-state filter: 'bogus'",
    ),
    ("GET", '/nodes?filters={"role":["bogus"]}', 500, "Invalid role filter: 'bogus'"),
    ("GET", '/nodes?filters={"bogus":["x"]}', 400, "Invalid filter 'bogus'"),
    ("GET", '/networks?filters={"type":["bogus"]}', 500, "invalid filter: 'type'='bogus'"),
    ("GET", '/secrets?filters={"bogus":["x"]}', 400, "Invalid filter 'bogus'"),
]


class Contract:
    """The tests; the subclasses bring the engine."""

    def test_it_says_which_version_it_speaks(self, engine: Engine) -> None:
        for method, body in (("GET", b"OK"), ("HEAD", b"")):
            ping = engine.plain(method, "/_ping")
            assert (ping.status, ping.body) == (200, body)
            assert ping.headers["Api-Version"] == "1.41"
            assert ping.headers["Ostype"] == "linux"
            assert ping.headers["Server"].startswith("Docker/20.10.24")
        version = engine.plain("GET", "/version").json
        assert (version["ApiVersion"], version["MinAPIVersion"]) == ("1.41", "1.12")
        for path in ("/v1.99/version", "/v1.99/_ping"):
            answer = engine.plain("GET", path)
            assert (answer.status, answer.message) == (400, TOO_NEW)
        old = engine.plain("GET", "/v1.5/version")
        assert old.status == 400
        assert b"client version 1.5 is too old. Minimum supported API version is 1.12" in old.body

    def test_info_knows_the_swarm(self, engine: Engine) -> None:
        info = engine.ask("GET", "/info").json
        me = engine.ask("GET", "/nodes/n1").json
        swarm = info["Swarm"]
        assert (info["Name"], swarm["NodeID"]) == ("n1", me["ID"])
        assert (swarm["LocalNodeState"], swarm["ControlAvailable"]) == ("active", True)
        assert (swarm["Nodes"], swarm["Managers"]) == (3, 1)
        assert swarm["Cluster"]["Spec"]["Orchestration"] == {"TaskHistoryRetentionLimit": 5}
        assert "127.0.0.0/8" in info["RegistryConfig"]["InsecureRegistryCIDRs"]
        whole = engine.ask("GET", "/swarm").json
        assert whole["ID"] == swarm["Cluster"]["ID"]
        assert set(whole["JoinTokens"]) == {"Worker", "Manager"}

    @pytest.mark.parametrize(("method", "path", "status", "words"), REFUSED)
    def test_it_refuses(
        self, engine: Engine, method: str, path: str, status: int, words: str
    ) -> None:
        quoted = path.replace('"', "%22").replace("{", "%7B").replace("}", "%7D")
        answer = engine.ask(method, quoted)
        assert answer.status == status, answer.body
        assert answer.message.startswith(words)

    @pytest.mark.parametrize(("part", "status", "words"), BAD_SPECS)
    def test_it_refuses_a_spec(self, engine: Engine, part: Any, status: int, words: str) -> None:
        answer = engine.ask("POST", "/services/create", {**engine.spec(), **part})
        assert (answer.status, answer.message) == (status, words)

    @pytest.mark.parametrize(("part", "status", "words"), BAD_TEMPLATES)
    def test_it_refuses_a_template(
        self, engine: Engine, part: Any, status: int, words: str
    ) -> None:
        answer = engine.ask("POST", "/services/create", engine.spec(**part))
        assert answer.status == status, answer.body
        assert answer.message.startswith(words)

    @pytest.mark.parametrize(
        ("body", "words"),
        [
            ("", "got EOF while reading request body"),
            (" {nonsense", "invalid character 'n' looking for beginning of object key string"),
            ("{", "unexpected EOF"),
        ],
    )
    def test_it_reads_json_alone(self, engine: Engine, body: str, words: str) -> None:
        answer = engine.ask("POST", "/services/create", body)
        assert (answer.status, answer.message) == (400, words)

    def test_a_wrong_type_is_no_spec(self, engine: Engine) -> None:
        answer = engine.ask(
            "POST",
            "/services/create",
            {"Name": "x", "TaskTemplate": {"ContainerSpec": {"Image": 5}}},
        )
        assert answer.status == 400
        assert answer.message.startswith("json: cannot unmarshal number into Go struct field")
        assert answer.message.endswith("TaskTemplate.ContainerSpec.Image of type string")
        spec = engine.spec(replicas=-1)
        answer = engine.ask("POST", "/services/create", spec)
        assert "cannot unmarshal number -1 into" in answer.message
        assert answer.message.endswith("Mode.Replicated.Replicas of type uint64")

    def test_an_update_is_refused(self, engine: Engine) -> None:
        made = engine.make("services", engine.spec())
        live = engine.service(made)
        spec, now = live["Spec"], live["Version"]["Index"]
        path = f"/services/{made}/update"

        def refused(body: Any, **query: Any) -> tuple[int, str]:
            answer = engine.ask("POST", path, body, **query)
            return answer.status, answer.message

        syntax = 'strconv.ParseUint: parsing "x": invalid syntax'
        assert refused(spec, version="x") == (400, f"invalid service version 'x': {syntax}")
        assert refused(spec, version=1) == (500, STALE)
        assert refused(spec, version=now, rollback="previous") == (
            400,
            f"{PRECONDITION}service {made} does not have a previous spec",
        )
        assert refused(spec, version=now, rollback="bogus") == (
            500,
            "unrecognized rollback option bogus",
        )
        assert refused(spec, version=now, registryAuthFrom="bogus") == (
            500,
            "unsupported registryAuthFrom value",
        )
        assert refused({**spec, "Name": "other"}, version=now) == (
            501,
            "rpc error: code = Unimplemented desc = renaming services is not supported",
        )
        assert refused({**spec, "Mode": {"Global": {}}}, version=now) == (
            501,
            "rpc error: code = Unimplemented desc = service mode change is not allowed",
        )
        assert engine.service(made)["Version"] == live["Version"]

    def test_a_name_is_made_up_where_none_is_given(self, engine: Engine) -> None:
        made = engine.make("services", {**engine.spec(), "Name": ""})
        assert engine.service(made)["Spec"]["Name"]

    def test_logs_want_a_stream_and_a_number(self, engine: Engine) -> None:
        made = engine.make("services", engine.spec())
        none = engine.ask("GET", f"/services/{made}/logs")
        assert (none.status, none.message) == (
            500,
            "Bad parameters: you must choose at least one stream",
        )
        tail = engine.ask("GET", f"/services/{made}/logs", stdout=1, tail="x")
        assert (tail.status, tail.message) == (
            500,
            'tail value must be a positive integer or "all"',
        )

    def test_nodes_are_changed_whole(self, engine: Engine) -> None:
        node = engine.ask("GET", "/nodes/n2").json
        assert set(node) == {
            *("ID", "Version", "CreatedAt", "UpdatedAt", "Spec", "Description", "Status"),
        }
        assert node["Spec"] == {"Labels": {}, "Role": "worker", "Availability": "active"}
        path, now = f"/nodes/{node['ID']}/update", node["Version"]["Index"]

        def answer(body: Any, version: Any, there: str = path) -> tuple[int, str]:
            got = engine.ask("POST", there, body, version=version)
            return got.status, got.message if got.body else ""

        spec = node["Spec"]
        assert answer(spec, 1) == (500, STALE)
        assert answer({"Labels": {"a": "b"}}, now) == (400, 'invalid Role: ""')
        assert answer({**spec, "Role": "bogus"}, now) == (400, 'invalid Role: "bogus"')
        assert answer({**spec, "Availability": "x"}, now) == (400, 'invalid Availability: "x"')
        assert answer(spec, now, "/nodes/nope/update") == (404, "node nope not found")
        assert answer({**spec, "Labels": {"a": "b"}, "Bogus": 1}, now) == (200, "")
        labelled = engine.ask("GET", "/nodes/n2").json
        assert labelled["Spec"] == {**spec, "Labels": {"a": "b"}}
        assert labelled["Version"]["Index"] > now
        assert answer({**spec, "Labels": None}, labelled["Version"]["Index"]) == (200, "")
        assert engine.ask("GET", "/nodes/n2").json["Spec"] == spec

    def test_nodes_do_not_leave_like_that(self, engine: Engine) -> None:
        manager, worker = (engine.ask("GET", f"/nodes/{name}").json for name in ("n1", "n2"))
        assert set(manager["ManagerStatus"]) == {"Leader", "Reachability", "Addr"}
        stays = engine.ask("DELETE", f"/nodes/{worker['ID']}")
        assert (stays.status, stays.message) == (
            400,
            f"{PRECONDITION}node {worker['ID']} is not down and can't be removed",
        )
        leads = engine.ask("DELETE", f"/nodes/{manager['ID']}")
        assert leads.status == 400
        assert "is a cluster manager and is a member of the raft cluster." in leads.message
        demoted = engine.ask(
            "POST",
            f"/nodes/{manager['ID']}/update",
            {**manager["Spec"], "Role": "worker"},
            version=manager["Version"]["Index"],
        )
        assert (demoted.status, demoted.message) == (
            400,
            f"{PRECONDITION}attempting to demote the last manager of the swarm",
        )


class TestSimulatedEngine(OnSimulated, Contract):
    pass


class TestDockerEngine(OnReal, Contract):
    pass
