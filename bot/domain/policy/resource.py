"""What is acted on, as the rules see it: what it is, and what it will become."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from bot.domain.jsontypes import Spec

_LABELS = ("node.labels.", "engine.labels.")


@dataclass(frozen=True, kw_only=True)
class Side:
    """A thing at one moment: before the change, or after it.

    Attributes:
        constraints: without spaces, as `node.labels.env==prod`. A node counts as what a service on
            it could be constrained to: its label `env=prod` is `node.labels.env==prod` here.
        networks: names.
    """

    labels: Mapping[str, str] = field(default_factory=dict)
    constraints: frozenset[str] = frozenset()
    networks: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class Piece:
    """A secret or config that a change brings into a service.

    Attributes:
        kind: `secret` or `config`.
        labels: all that tells where it belongs.
    """

    kind: str
    name: str
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Extent:
    """How much a change moves, for limits and image rules.

    Attributes:
        replicas_old, replicas_new: of a job, all that it runs; None where there is no number
            (global: how many nodes there are is not known here; or there was no service, which
            counts as 0).
        image: the image that the change brings, without its digest; empty when it brings none.
        runs: the image of the desired spec, brought or not, without its digest: it is judged where
            the service was not before.
        digest_typed: the person's own line named the digest.
        brings: that image as in the spec, with its digest; empty when it brings none, and for a
            rollback, which names the revision that it wants.
        spec_hash: `loose_hash` of the desired spec; empty for a rollback.
    """

    replicas_old: int | None = None
    replicas_new: int | None = None
    image: str = ""
    runs: str = ""
    digest_typed: bool = False
    brings: str = ""
    spec_hash: str = ""


@dataclass(frozen=True, kw_only=True)
class Resource:
    """What is acted on.

    Attributes:
        service: empty for what is no service.
        node: host name; empty for what is no node.
        sides: present and desired, those that there are; empty while nobody has looked yet: then
            the environment is unknown.
        extent: None while unknown, or where nothing is counted.
        environment: set when it is an environment itself that is acted on: its name.
        takes: secrets and configs that the service has not yet and will have: whoever can change
            it can read them in it, so each is judged as a thing of its own, too.
        piece: set when it is such a thing: what reasons call it.
    """

    cluster: str
    service: str = ""
    node: str = ""
    sides: tuple[Side, ...] = ()
    extent: Extent | None = None
    environment: str = ""
    takes: tuple[Piece, ...] = ()
    piece: str = ""

    @property
    def pieces(self) -> "tuple[Resource, ...]":
        """What it takes in, each by itself: it is no service's."""
        return tuple(
            Resource(
                cluster=self.cluster,
                sides=(Side(labels=each.labels),),
                piece=f"{each.kind} {each.name}",
            )
            for each in self.takes
        )

    @property
    def name(self) -> str:
        """What reasons call it."""
        if self.environment:
            return f"environment {self.environment}"
        return self.service or self.node or self.piece or f"cluster {self.cluster}"


def side_of(spec: Spec, network_names: Mapping[str, str] | None = None) -> Side:
    """Return what the rules see of a service's spec.

    Args:
        spec: raw, as the Engine returns it.
        network_names: id → name; a network that is not in it counts by what stands in the spec.
    """
    names = network_names or {}
    template = spec.get("TaskTemplate") or {}
    placement = template.get("Placement") or {}
    return Side(
        labels=dict(spec.get("Labels") or {}),
        constraints=frozenset(map(as_compared, placement.get("Constraints") or ())),
        networks=frozenset(names.get(each, each) for each in _networks(spec)),
    )


def _networks(spec: Spec) -> Iterator[str]:
    template = spec.get("TaskTemplate") or {}
    for network in (*(template.get("Networks") or ()), *(spec.get("Networks") or ())):
        yield str(network.get("Target", ""))


def node_side(spec: Spec) -> Side:
    """Return what the rules see of a node's spec."""
    labels = dict(spec.get("Labels") or {})
    constraints = [f"node.labels.{key}=={value}" for key, value in labels.items()]
    constraints.append(f"node.role=={spec.get('Role', '')}")
    return Side(labels=labels, constraints=frozenset(map(as_compared, constraints)))


def network_side(name: str, labels: Mapping[str, str] | None = None) -> Side:
    """Return what the rules see of a network: its name and its labels."""
    return Side(networks=frozenset({name}), labels=dict(labels or {}))


def as_compared(constraint: str) -> str:
    """Return a constraint as Swarm compares it: without spaces and without regard to case.

    Of a label only the name keeps its case (SwarmKit, manager/constraint: keys' prefixes and values
    go by `strings.EqualFold`).
    """
    plain = "".join(constraint.split())
    operator = next((each for each in ("==", "!=") if each in plain), "")
    key, value = plain.split(operator, 1) if operator else (plain, "")
    prefix = next((each for each in _LABELS if key.lower().startswith(each)), None)
    key = key.lower() if prefix is None else prefix + key[len(prefix) :]
    return f"{key}{operator}{value.lower()}"
