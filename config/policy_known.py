"""Names in a policy file of what is not in the file: clusters, and Slack's user groups.

Only who runs them knows which there are. Where that is told, a name that is not among them is worth
a warning: the cluster may be still to come, but the rule is about nothing until then.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase

from config.policy_checks import Finding, Parts
from config.policy_ids import GROUP, ids_in
from config.policy_model import Match
from config.policy_words import near
from config.yaml_tree import Path


@dataclass(frozen=True, kw_only=True)
class Known:
    """What there is; None where nobody has told.

    Attributes:
        clusters: names.
        groups: ids, S….
    """

    clusters: Collection[str] | None = None
    groups: Collection[str] | None = None


NOTHING_TOLD = Known()


def strangers(parts: Parts, known: Known) -> Iterator[Finding]:
    """Yield a warning for each name that is not known."""
    if known.clusters is not None:
        yield from _clusters(parts, known.clusters)
    if known.groups is not None:
        yield from _groups(parts, known.groups)


def _clusters(parts: Parts, known: Collection[str]) -> Iterator[Finding]:
    for number, grant in enumerate(parts.grants):
        for place, name in enumerate(grant.clusters if grant else ()):
            if name not in known:
                path: Path = ("grants", number, "clusters", place)
                yield Finding(path, f"no cluster {name}{near(name, known)}", is_warning=True)
    for channel, rule in parts.channels.items():
        if rule is not None and rule.cluster not in known:
            text = f"no cluster {rule.cluster}{near(rule.cluster, known)}"
            yield Finding(("channels", channel, "cluster"), text, is_warning=True)
    for name, environment in parts.environments.items():
        if environment is not None and environment.match is not None:
            yield from _matched(("environments", name, "match"), environment.match, known)


def _matched(path: Path, match: Match, known: Collection[str]) -> Iterator[Finding]:
    wanted = match.cluster
    if wanted and not any(fnmatchcase(name, wanted) for name in known):
        yield Finding((*path, "cluster"), f"no cluster fits {wanted}", is_warning=True)
    for key in ("any", "all"):
        for place, part in enumerate(getattr(match, key)):
            yield from _matched((*path, key, place), part, known)


def _groups(parts: Parts, known: Collection[str]) -> Iterator[Finding]:
    for each in ids_in(parts):
        if each.kind == GROUP and each.id not in known:
            yield Finding(each.path, f"no user group {each.id}: nobody is in it", is_warning=True)
