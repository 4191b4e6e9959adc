"""THE table of what Waggle does otherwise than the docker CLI, on purpose; nothing else may differ.

`normalised` is left out of every comparison. `REFUSED` are lines that the CLI takes and Waggle does
not. `OTHERWISE` and `NORMALISED` are what tests of their own show. The page tells each reason.
"""

import copy
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Difference:
    """One thing that is not the same.

    Attributes:
        what: one sentence about it.
        why: the reason.
        create, update: the flags of each that it is told beside.
    """

    what: str
    why: str
    create: tuple[str, ...] = ()
    update: tuple[str, ...] = ()


@dataclass(frozen=True)
class Refused(Difference):
    """Lines that the CLI takes and Waggle refuses, without a trace.

    Attributes:
        creating: what is typed after `create`.
        updating: what is typed after `update`.
        whole: Waggle refuses the flags whatever their value.
    """

    creating: tuple[str, ...] = ()
    updating: tuple[str, ...] = ()
    whole: bool = False


_DURATIONS = (
    "health-interval", "health-start-interval", "health-start-period", "health-timeout",
    "restart-delay", "restart-window", "rollback-delay", "rollback-monitor", "stop-grace-period",
    "update-delay", "update-monitor",
)  # fmt: skip
_COUNTS = (
    "health-retries", "limit-pids", "max-concurrent", "replicas", "replicas-max-per-node",
    "restart-max-attempts", "rollback-parallelism", "update-parallelism",
)  # fmt: skip

REFUSED: tuple[Refused, ...] = (
    Refused(
        "An image that the registry does not know is refused.",
        "The CLI warns and posts it; the tasks then fail, one after the other.",
        update=("image",),
        creating=("--replicas 0 --name twin {reg}/httpd:nowhere",),
        updating=("--image {reg}/httpd:nowhere",),
    ),
    Refused(
        "A variable without a value is refused.",
        "The CLI takes the value from the shell it runs in; in a channel there is none.",
        create=("env",),
        update=("env-add",),
        creating=("--replicas 0 --env HOME --name twin {reg}/httpd:v1",),
        updating=("--env-add HOME",),
    ),
    Refused(
        "A file cannot be read.",
        "There are no files in a channel: give the variables one by one with `--env`, or paste the "
        "file's lines into the form of `create` alone.",
        create=("env-file",),
        creating=("--replicas 0 --env-file /etc/hostname --name twin {reg}/httpd:v1",),
        whole=True,
    ),
    Refused(
        "A credential spec in a file is refused.",
        "There are no files in a channel: put it into a config (`docker config create`), `config://NAME`.",
        create=("credential-spec",),
        update=("credential-spec",),
        creating=("--replicas 0 --credential-spec file://spec --name twin {reg}/httpd:v1",),
        updating=("--credential-spec file://spec",),
    ),
    Refused(
        "An option of the log without a value is refused.",
        "As for variables: the CLI has a shell to take it from.",
        create=("log-opt",),
        update=("log-opt",),
        creating=("--replicas 0 --log-driver json-file --log-opt env --name twin {reg}/httpd:v1",),
        updating=("--log-driver json-file --log-opt env",),
    ),
    Refused(
        "A number with leading zeros is refused.",
        "The CLI reads it as octal: 010 is 8.",
        create=_COUNTS,
        update=_COUNTS,
        creating=("--replicas 010 --name twin {reg}/httpd:v1",),
        updating=("--replicas 010",),
    ),
    Refused(
        "A negative duration is refused.",
        "The CLI and the Engine take it, and it means nothing.",
        create=("stop-grace-period",),
        update=("stop-grace-period",),
        creating=("--replicas 0 --stop-grace-period=-5s --name twin {reg}/httpd:v1",),
        updating=("--stop-grace-period=-5s",),
    ),
    Refused(
        "`rollback` is refused as what to do when a rollback fails.",
        "The CLI's own help says pause or continue; the Engine takes it, and it means nothing.",
        create=("rollback-failure-action",),
        update=("rollback-failure-action",),
        creating=("--replicas 0 --rollback-failure-action rollback --name twin {reg}/httpd:v1",),
        updating=("--rollback-failure-action rollback",),
    ),
    Refused(
        "Labels that start with `waggle.` are refused.",
        "They are Waggle's own records: which rollout and which revision this is.",
        create=("label",),
        update=("label-add", "label-rm"),
        creating=("--replicas 0 --label waggle.rollout=x --name twin {reg}/httpd:v1",),
        updating=("--label-add waggle.rollout=x", "--label-rm waggle.rollout"),
    ),
    Refused(
        "An update that says nothing about the service is refused.",
        "The CLI posts the same spec once more, and Swarm forgets the one before.",
        update=("detach", "no-resolve-image", "quiet", "with-registry-auth"),
        updating=("--detach=true", "--no-resolve-image", "--quiet", "--with-registry-auth"),
    ),
    Refused(
        "A key of a mount that is too new for the Engine is refused: `volume-subpath` (API 1.45), "
        "`bind-recursive=readonly` (1.44), `type=image` (1.48).",
        "The CLI does not look into a mount, and an older Engine drops the key: the mount would be "
        "another one than was asked for.",
        create=("mount",),
        update=("mount-add",),
    ),
    Refused(
        "A change of a service whose rollout is under way is refused without `--supersede`.",
        "The CLI posts it, and nobody can tell any more whose change failed; here who takes over "
        "says so.",
    ),
)

OTHERWISE: tuple[Difference, ...] = (
    Difference(
        "`update --with-registry-auth` without a login for the registry sends none.",
        "The CLI sends an empty one: the one that Swarm keeps is lost, and all tasks are replaced.",
        update=("with-registry-auth",),
    ),
    Difference(
        "`update --health-start-interval` sets it.",
        "The CLI 28 takes the flag and leaves it out of what it posts.",
        update=("health-start-interval",),
    ),
    Difference(
        "`--rollback` goes back to the last good revision, and the next one further.",
        "The CLI's goes to the spec before, so the second one goes forward again.",
        update=("rollback",),
    ),
    Difference(
        "A spec that would be the same is not posted.",
        "The CLI posts it, and Swarm forgets the spec before.",
    ),
    Difference(
        "`TaskTemplate.Placement` is always sent, at least as `{}`.",
        "Without it an Engine before 29.7 can lose all managers (moby#37883).",
    ),
    Difference(
        "Where neither the line nor the service has an update policy, that of the environment is "
        "added to the spec, if the policy file has one (`update: defaults`).",
        "Swarm's own pauses at the first failure and watches for 5 s; a line of the plan says so.",
    ),
)

NORMALISED: tuple[Difference, ...] = (
    Difference(
        "The service has labels that start with `waggle.`.",
        "By them Waggle knows, after a crash too, which rollout posted the spec.",
    ),
    Difference(
        "Variables, ports, generic resources, secrets and configs keep their order.",
        "The CLI shuffles them (it iterates over Go maps), and tasks may be replaced for nothing.",
        create=("env", "publish", "generic-resource", "secret", "config"),
        update=(
            *("env-add", "publish-add", "publish-rm", "generic-resource-add"),
            *("generic-resource-rm", "secret-add", "config-add"),
        ),
    ),
    Difference(
        "The digest is resolved, unless `--no-resolve-image` is said.",
        "The CLI 28 does so, too, but from 29.0 on it posts the tag alone (docker/cli#7302).",
        update=("image", "no-resolve-image"),
    ),
)

EVERY: tuple[Difference, ...] = (*REFUSED, *OTHERWISE, *NORMALISED)


def _env(spec: dict[str, Any]) -> list[Any]:
    return spec["TaskTemplate"]["ContainerSpec"].get("Env") or []


def _ports(spec: dict[str, Any]) -> list[Any]:
    return (spec.get("EndpointSpec") or {}).get("Ports") or []


def _generic(spec: dict[str, Any]) -> list[Any]:
    resources = spec["TaskTemplate"].get("Resources") or {}
    return (resources.get("Reservations") or {}).get("GenericResources") or []


def _secrets(spec: dict[str, Any]) -> list[Any]:
    return spec["TaskTemplate"]["ContainerSpec"].get("Secrets") or []


def _configs(spec: dict[str, Any]) -> list[Any]:
    return spec["TaskTemplate"]["ContainerSpec"].get("Configs") or []


LEFT_TO_CHANCE: tuple[Callable[[dict[str, Any]], list[Any]], ...] = (
    _env,
    _ports,
    _generic,
    _secrets,
    _configs,
)
"""The lists of a spec that the docker CLI puts in any order."""


def in_order(items: list[Any]) -> list[Any]:
    """Return them in an order of their own."""
    return sorted(items, key=lambda item: json.dumps(item, sort_keys=True))


def normalised(spec: dict[str, Any], *, digests: bool = True) -> dict[str, Any]:
    """Return a spec without what `NORMALISED` tells of.

    Args:
        spec: as the Engine shows it.
        digests: the docker CLI resolves them, so that they are compared.
    """
    plain = copy.deepcopy(spec)
    labels = plain.get("Labels") or {}
    plain["Labels"] = {k: v for k, v in labels.items() if not k.startswith("waggle.")}
    for pick in LEFT_TO_CHANCE:
        pick(plain)[:] = in_order(pick(plain))
    if not digests:
        container = plain["TaskTemplate"]["ContainerSpec"]
        container["Image"] = container["Image"].partition("@")[0]
        plain["TaskTemplate"].get("Placement", {}).pop("Platforms", None)
    return plain
