"""What services refer to: secrets, configs, networks, images."""

from tests.contract.engine_peers import Engine, OnReal, OnSimulated

INVALID = "rpc error: code = InvalidArgument desc = "


class Contract:
    """The tests; the subclasses bring the engine."""

    def test_secrets_and_configs(self, engine: Engine) -> None:
        for kind in ("secret", "config"):
            name, path = engine.name(), f"/{kind}s"
            made = engine.make(f"{kind}s", {"Name": name, "Labels": {"a": "b"}, "Data": "aGk="})
            shown = {"Name": name, "Labels": {"a": "b"}}
            shown |= {"Data": "aGk="} if kind == "config" else {}
            found = engine.ask("GET", f"{path}/{name}").json
            assert found["Spec"] == shown
            assert set(found) == {"ID", "Version", "CreatedAt", "UpdatedAt", "Spec"}
            listed = engine.ask("GET", path, filters={"name": [name[:-1]]}).json
            assert found in listed
            exact = engine.ask("GET", path, filters={"names": [name]})
            assert exact.status == (200 if kind == "secret" else 400), exact.message
            again = engine.ask("POST", f"{path}/create", {"Name": name, "Data": "aGk="})
            assert (again.status, again.message) == (
                409,
                f"rpc error: code = AlreadyExists desc = {kind} {name} already exists",
            )
            bad = engine.ask("POST", f"{path}/create", {"Name": "bad name", "Data": "aGk="})
            assert bad.status == 400
            assert "invalid name, only 64 [a-zA-Z0-9-_.] characters allowed" in bad.message
            new = {**shown, "Labels": {"c": "d"}}
            stale = engine.ask("POST", f"{path}/{made}/update", new, version=1)
            assert (stale.status, "out of sequence" in stale.message) == (500, True)
            now = found["Version"]["Index"]
            assert engine.ask("POST", f"{path}/{made}/update", new, version=now).status == 200
            assert engine.ask("GET", f"{path}/{made}").json["Spec"] == new
            self._used(engine, kind, made, name)

    def _used(self, engine: Engine, kind: str, made: str, name: str) -> None:
        title = kind.title()
        file = {"Name": name, "UID": "0", "GID": "0", "Mode": 292}
        spec = engine.spec()
        spec["TaskTemplate"]["ContainerSpec"][f"{title}s"] = [
            {"File": file, f"{title}ID": made, f"{title}Name": name}
        ]
        service = engine.make("services", spec)
        refused = engine.ask("DELETE", f"/{kind}s/{made}")
        assert (refused.status, refused.message) == (
            400,
            f"{INVALID}{kind} '{name}' is in use by the following service: {spec['Name']}",
        )
        engine.ask("DELETE", f"/services/{service}")
        assert engine.ask("DELETE", f"/{kind}s/{made}").status == 204

    def test_networks(self, engine: Engine) -> None:
        name = engine.name()
        body = {"Name": name, "Driver": "overlay", "Labels": {name: "b"}, "Attachable": True}
        made = engine.make("networks", {**body, "CheckDuplicate": True})
        engine.until(lambda: engine.ask("GET", f"/networks/{made}").json["Driver"])
        shown = engine.ask("GET", f"/networks/{name}").json
        assert set(shown) == {
            *("Name", "Id", "Created", "Scope", "Driver", "EnableIPv6", "IPAM", "Internal"),
            *("Attachable", "Ingress", "ConfigFrom", "ConfigOnly", "Containers", "Options"),
            "Labels",
        }
        assert (shown["Scope"], shown["Driver"], shown["Labels"]) == (
            *("swarm", "overlay"),
            {name: "b"},
        )
        assert set(shown["IPAM"]["Config"][0]) == {"Subnet", "Gateway"}
        for again in ({**body, "CheckDuplicate": True}, body, {**body, "Name": "host"}):
            answer = engine.ask("POST", "/networks/create", again)
            words = f"network with name {again['Name']} already exists"
            assert (answer.status, answer.message) == (409, words)
        nameless = engine.ask("POST", "/networks/create", {"Name": "", "Driver": "overlay"})
        assert (nameless.status, nameless.message) == (500, "invalid name: ")

        def found(**filters: list[str]) -> set[str]:
            rows = engine.ask("GET", "/networks", filters=filters).json
            return {row["Name"] for row in rows} & {name, "host", "ingress"}

        assert found(name=[name]) == found(label=[name]) == found(label=[f"{name}=b"]) == {name}
        assert found(name=[name[:-1]]) == set()
        assert found(scope=["swarm"]) == {name, "ingress"}
        assert found(driver=["host"]) == found(type=["builtin"]) == {"host"}
        assert found(type=["custom"]) == {name, "ingress"}

    def test_an_image_is_looked_up(self, engine: Engine) -> None:
        path = f"/distribution/{engine.image()}"
        found = engine.ask("GET", f"{path}/json").json
        assert found["Platforms"] == [{"architecture": "amd64", "os": "linux"}]
        assert set(found["Descriptor"]) == {"mediaType", "digest", "size"}
        digest = found["Descriptor"]["digest"]
        assert engine.ask("GET", f"{path}@{digest}/json").json == found
        for missing in (f"{engine.image('v9')}", f"{engine.registry}/nope:v9"):
            answer = engine.ask("GET", f"/distribution/{missing}/json")
            assert (answer.status, answer.message) == (404, "manifest unknown: manifest unknown")
        away = engine.ask("GET", "/distribution/127.0.0.1:9/httpd:v1/json")
        assert away.status == 500
        assert "dial tcp 127.0.0.1:9: connect: connection refused" in away.message


class TestSimulatedEngine(OnSimulated, Contract):
    pass


class TestDockerEngine(OnReal, Contract):
    pass
