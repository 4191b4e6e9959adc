"""Our grammar and spec editing leave the same spec as the real docker CLI, on a real Engine.

Each case is a list of lines. The docker CLI runs them for one service; then they are parsed, edited
and posted by us for another of the same name (one after the other: both may publish a port). After
each line, the Engine's own spec of both is compared.
"""

import copy
import json
import shlex
from collections.abc import Iterator
from typing import Any

import docker
import pytest

from bot.domain.grammar import Command, Verb, parse
from bot.domain.jsontypes import Spec
from bot.domain.spec import (
    EditMode,
    apply_edits,
    apply_node_edits,
    images_in,
    networks_in,
    new_spec,
    spec_hash,
    with_image,
)
from bot.domain.spec.hashing import loose_form
from playground.lab import Lab
from tests.lab_fixtures import docker_cli, docker_process

NAME = "parity"
IMAGE = "{reg}/httpd:v1"
MAKE = f"docker service create --replicas 0 --name {NAME} {IMAGE}"
JOB = f"docker service create --mode replicated-job --name {NAME}"


def _update(*flags: str, make: str = MAKE) -> list[str]:
    return [make, *(f"docker service update {flag} {NAME}" for flag in flags)]


def _create(flags: str, command: str = "") -> list[str]:
    return [f"{MAKE.removesuffix(IMAGE)}{flags} {IMAGE} {command}".strip()]


CASES: dict[str, list[str]] = {
    # the lines that must work as they are
    "verbatim walk": [
        "docker service create --name web_http --replicas 3 {reg}/httpd:2.2",
        "docker service update --image {reg}/httpd web_http",
        "docker service update --image {reg}/httpd:2.4 web_http",
        "docker service update --replicas 6 --update-parallelism 2 --update-delay 1m30s web_http",
        "docker service scale web_http=4",
    ],
    "verbatim global": ["docker service create --mode global --name my_test {reg}/httpd"],
    "verbatim constraints": [
        (
            "docker service create --constraint node.labels.env==test --replicas 3 --name my_web "
            "--publish 8080:80 {reg}/httpd"
        ),
        "docker service update --constraint-rm node.labels.env==test my_web",
        "docker service update --constraint-add node.labels.env==prod my_web",
    ],
    "verbatim constraints in one line": [
        "docker service create --constraint node.labels.env==test --name my_web {reg}/httpd",
        (
            "docker service update --constraint-rm node.labels.env==test "
            "--constraint-add node.labels.env==prod my_web"
        ),
    ],
    # create, flag by flag
    "command": _create("", "httpd -f -v 'a b'"),
    "env and labels": _create("-e A=1 --env B='x y' -e A=2 -l a=b --label c --container-label d=e"),
    "ports": _create(
        "-p 8080:80 -p 9000-9002:90-92/udp -p 81 -p 7000-7001:70 "
        "--publish published=8443,target=443,protocol=tcp,mode=host"
    ),
    "resources": _create(
        "--limit-cpu 0.5 --limit-memory 64m --limit-pids 50 --reserve-cpu .25 --reserve-memory 32M"
    ),
    "mounts": _create(
        "--mount type=bind,src=/tmp,dst=/b,readonly,bind-propagation=rslave "
        "--mount type=volume,source=data,target=/a,volume-label=x=y,volume-opt=o=size "
        "--mount type=volume,source=n,target=/n,volume-nocopy --mount source=p,target=/p "
        "--mount type=tmpfs,target=/t,tmpfs-size=64m,tmpfs-mode=1770 "
        "--mount type=tmpfs,target=/u,readonly=false"
    ),
    "health": _create(
        "--health-cmd 'wget -q localhost' --health-interval 5s --health-timeout 1500ms "
        "--health-retries 2 --health-start-period 1m"
    ),
    "no health": _create("--no-healthcheck"),
    "stop and restart": _create(
        "--stop-signal SIGINT --stop-grace-period 90s --restart-condition on-failure "
        "--restart-delay 0s --restart-max-attempts 3 --restart-window 2m"
    ),
    "one restart flag": _create("--restart-max-attempts 3"),
    "update and rollback settings": _create(
        "--update-parallelism 0 --update-delay 10s --update-monitor 0s --update-order start-first "
        "--update-failure-action rollback --update-max-failure-ratio 0.123456789 "
        "--rollback-parallelism 2 --rollback-delay 1s --rollback-monitor 3s "
        "--rollback-order start-first --rollback-failure-action continue "
        "--rollback-max-failure-ratio .3"
    ),
    "one rollback setting": _create("--rollback-delay 1s"),
    "preferences": _create("--placement-pref spread=node.labels.a --placement-pref spread=node.id"),
    "dnsrr": _create("--endpoint-mode dnsrr"),
    "networks": _create("--network back --network name=front,alias=Web,alias=w"),
    "inside": _create(
        "--user 1000:1000 -w /srv --hostname '{{{{.Node.Hostname}}}}' --init -t --read-only "
        "--entrypoint '/bin/sh -c \"a b\"' --replicas-max-per-node 2"
    ),
    "job": [
        f"{JOB} --max-concurrent 1 --replicas 2 --restart-condition none {IMAGE}",
        f"docker service scale {NAME}=3",
    ],
    "job without numbers": [f"{JOB} {IMAGE}"],
    "job with one number": [f"{JOB} --max-concurrent 2 {IMAGE}"],
    "global job": [f"docker service create --mode global-job --name {NAME} {IMAGE}"],
    "without digest": [
        f"docker service create --no-resolve-image --replicas 0 --name {NAME} {{reg}}/httpd:v1"
    ],
    # update, on what is there
    "update env": _update(
        "--env-add A=9 --env-add C=3", "--env-rm A --env-add A=1", "--env-rm B --env-rm NOPE",
        make=_create("-e A=1 -e B=2")[0],
    ),
    "update labels": _update(
        "--label-add a=2 --label-rm a", "--label-rm a --container-label-add x=y",
        "--container-label-rm x", make=_create("-l a=1")[0],
    ),
    "update ports": _update(
        "--publish-add 9000:80", "--publish-rm 8081:80 --publish-add 8081:80",
        "--publish-add published=85,target=80,mode=host", "--publish-rm 9999:80",
        "--publish-rm 8081",
        "--publish-rm target=80,mode=host", make=_create("-p 8081:80")[0],
    ),
    "update mounts": _update(
        "--replicas 0", "--mount-add type=volume,source=b,target=/d", "--mount-rm /d --mount-add "
        "type=tmpfs,target=/d", "--mount-rm /z --mount-rm /a",
        make=_create("--mount source=z,target=/z --mount source=a,target=/a")[0],
    ),
    "update constraints": _update(
        "--constraint-add node.role==worker --constraint-add node.role==worker",
        "--constraint-add node.id!=x --constraint-rm node.role==nothing",
        "--constraint-rm node.role==worker", "--constraint-rm node.id!=x",
    ),
    "update preferences": _update(
        "--placement-pref-add spread=node.labels.b", "--placement-pref-rm spread=node.labels.b "
        "--placement-pref-add spread=node.labels.c", "--placement-pref-rm spread=node.labels.c",
    ),
    "update networks": _update(
        "--network-add name=front,alias=x", "--network-rm back", "--network-rm front",
        make=_create("--network back")[0],
    ),
    "update resources": _update(
        "--limit-memory 128m", "--reserve-cpu 1", "--limit-memory 0 --reserve-cpu 0",
    ),
    "update health": _update(
        "--health-cmd true", "--health-retries 4 --health-interval 3s", "--no-healthcheck",
        "--health-timeout 2s", "--health-cmd ''",
    ),
    "update settings": _update(
        "--update-order start-first", "--update-parallelism 0 --update-delay 0s",
        "--rollback-parallelism 0", "--update-max-failure-ratio 0 --update-failure-action continue",
    ),
    "update restart": _update("--restart-delay 1s", "--restart-condition none --restart-window 0s"),
    "update args": _update("--args '-a \"b c\" d'", "--args ''", "--entrypoint /x --stop-signal 9"),
    "update inside": _update(
        "--user 5 --workdir /a --hostname h --init=false --tty --read-only --stop-grace-period 0s",
        "--user '' --tty=false --read-only=false --init=true --replicas-max-per-node 3",
        "--replicas-max-per-node 0 --replicas 1",
    ),
    "force": _update("--force", "--force --force", "--force=false --label-add a=b"),
    "endpoint": _update("--endpoint-mode dnsrr", "--endpoint-mode vip"),
    "image keeps the rest": _update(
        "--image {reg}/httpd:v2", "--no-resolve-image --image {reg}/httpd:v3",
        make=_create("--limit-pids 9 --constraint node.role==manager")[0],
    ),
}  # fmt: skip


class Poster:
    """What a worker does, in a few lines: resolve, edit, post raw."""

    def __init__(self, host: str) -> None:
        self.api: Any = docker.APIClient(base_url=host, version="auto")  # its private post is used

    def spec(self, name: str) -> Spec:
        spec: Spec = self.api.inspect_service(name)["Spec"]
        return spec

    def run(self, line: str) -> Spec:
        """Do what the line asks and return what was posted."""
        command = parse(line)
        assert isinstance(command, Command), command
        ids = {n: self.api.inspect_network(n)["Id"] for n in networks_in(command.edits)}
        name = command.targets[0]
        if command.verb is Verb.CREATE:
            created = self._pinned(command, new_spec(command.edits, networks=ids))
            assert not self._post("/services/create", created)
            return created
        for _ in range(20):  # Swarm's own writes, such as allocated ports, move the version
            found = self.api.inspect_service(name)
            spec = self._edited(command, found["Spec"], ids)
            path = f"/services/{found['ID']}/update"
            answer = self._post(path, spec, version=found["Version"]["Index"])
            if "out of sequence" not in answer:
                break
        assert not answer
        return spec

    def _edited(self, command: Command, spec: Spec, ids: dict[str, str]) -> Spec:
        before = copy.deepcopy(spec)
        mode = EditMode.SCALE if command.verb is Verb.SCALE else EditMode.UPDATE
        changed = apply_edits(spec, command.edits, mode=mode, networks=ids)
        assert spec == before, "the inspected spec was touched"
        return self._pinned(command, changed)

    def _pinned(self, command: Command, spec: Spec) -> Spec:
        for ref in images_in(command.edits):
            tagged = ref if ":" in ref.rpartition("/")[2] else f"{ref}:latest"
            if command.options.no_resolve_image:
                return with_image(spec, tagged)
            found = self.api.inspect_distribution(tagged)
            digest = found["Descriptor"]["digest"]
            return with_image(spec, f"{tagged}@{digest}", found["Platforms"])
        return spec

    def _post(self, path: str, body: dict[str, Any], **params: Any) -> str:
        """Post raw; the Engine's complaint, or nothing."""
        answer = self.api._post_json(self.api._url(path), data=body, params=params)
        return "" if answer.ok else str(answer.text)


@pytest.fixture(scope="module")
def poster(swarm: Lab) -> Iterator[Poster]:
    for network in ("back", "front"):
        docker_cli(swarm, "network", "create", "-d", "overlay", network)
    poster = Poster(swarm.docker_host(1))
    yield poster
    poster.api.close()
    docker_cli(swarm, "network", "rm", "back", "front")


def _comparable(spec: Spec) -> Spec:
    """Without the order that the docker CLI leaves to chance (it iterates over Go maps)."""
    plain = copy.deepcopy(spec)
    container = plain["TaskTemplate"]["ContainerSpec"]
    if "Env" in container:
        container["Env"].sort()
    ports = plain["EndpointSpec"].get("Ports", [])
    ports.sort(key=lambda port: json.dumps(port, sort_keys=True))
    return plain


def _name_in(lines: list[str]) -> str:
    words = shlex.split(lines[0])
    return words[words.index("--name") + 1]


def _cli(swarm: Lab, line: str) -> None:
    words = shlex.split(line)[1:]
    docker_cli(swarm, *words[:2], "--detach", *words[2:])


@pytest.mark.parametrize("case", CASES)
def test_spec_is_the_docker_clis(swarm: Lab, poster: Poster, case: str) -> None:
    lines = [line.format(reg=swarm.registry) for line in CASES[case]]
    name = _name_in(lines)
    theirs, ours, echoes = [], [], []
    try:
        for line in lines:
            _cli(swarm, line)
            theirs.append(poster.spec(name))
        poster.api.remove_service(name)
        for line in lines:
            posted = poster.run(line)
            ours.append(poster.spec(name))
            echoes.append((posted, ours[-1]))
    finally:
        docker_process(swarm, "service", "rm", name)
    for line, expected, actual in zip(lines, theirs, ours, strict=True):
        assert _comparable(actual) == _comparable(expected), line
    for posted, echoed in echoes:
        assert loose_form(posted) == loose_form(echoed), "the Engine echoes another spec"
        assert spec_hash(posted) == spec_hash(echoed), "the Engine echoes another form of the spec"


def test_node_update_is_the_docker_clis(swarm: Lab, poster: Poster) -> None:
    node = "n2"
    lines = [
        f"docker node update --availability pause {node}",
        f"docker node update --label-add env=test --label-add x {node}",
        f"docker node update --label-add env=prod --label-rm x {node}",
        f"docker node update --availability active --label-rm env {node}",
    ]
    start = poster.api.inspect_node(node)["Spec"]
    theirs, ours = [], []
    for line in lines:
        docker_cli(swarm, *shlex.split(line)[1:])
        theirs.append(poster.api.inspect_node(node)["Spec"])
    assert theirs[-1] == start
    for line in lines:
        command = parse(line)
        assert isinstance(command, Command)
        found = poster.api.inspect_node(node)
        spec = apply_node_edits(found["Spec"], command.edits)
        poster.api.update_node(found["ID"], found["Version"]["Index"], spec)
        ours.append(poster.api.inspect_node(node)["Spec"])
    assert ours == theirs


@pytest.mark.parametrize(
    ("line", "verb"),
    [
        ("docker service update --rollback web_http", Verb.ROLLBACK),
        ("docker service inspect my_test --pretty", Verb.INSPECT),
        ("docker node update --availability active node1", Verb.NODE_UPDATE),
        ("docker node update --label-add env=test node2", Verb.NODE_UPDATE),
        ("docker node update --label-add env=prod node3", Verb.NODE_UPDATE),
    ],
)
def test_lines_that_must_work_as_they_are(line: str, verb: Verb) -> None:
    command = parse(line)
    assert isinstance(command, Command)
    assert command.verb is verb
