"""A person's edits applied to a raw spec, with the semantics of the docker CLI 28.

The order of the flags does not matter: all flags of one field are one piece of work for one rule,
as in the CLI's `updateService`, which this follows field by field (tests/integration has the proof
against the real CLI).
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from bot.domain.errors import UserError
from bot.domain.flags.flag import Edit
from bot.domain.flags.lookup import edit_flag
from bot.domain.jsontypes import JsonValue, Spec
from bot.domain.spec import container, lists, scalars
from bot.domain.spec.mounts import edit_mounts
from bot.domain.spec.networks import edit_networks
from bot.domain.spec.ports import edit_ports
from bot.domain.spec.references import edit_configs, edit_secrets
from bot.domain.spec.tree import Work, branch, leaf

Rule = Callable[[Work], None]
_MOUNTS = "TaskTemplate.ContainerSpec.Mounts"
_ULIMITS = "TaskTemplate.ContainerSpec.Ulimits"
_CONFIGS = "TaskTemplate.ContainerSpec.Configs"


class EditMode(StrEnum):
    """Which docker command is followed: they differ in small things."""

    UPDATE = "update"
    SCALE = "scale"


_RULES: dict[str, Rule] = {
    "set": scalars.set_field,
    "set_pointer": scalars.set_pointer,
    "force": scalars.edit_force,
    "resource": scalars.edit_resource,
    "change_config": scalars.edit_change_config,
    "restart": scalars.edit_restart,
    "healthcheck": scalars.edit_healthcheck,
    "env": lists.edit_env,
    "labels": lists.edit_labels,
    "constraints": lists.edit_constraints,
    "preferences": lists.edit_preferences,
    "ports": edit_ports,
    "mounts": edit_mounts,
    "networks": edit_networks,
    "secrets": edit_secrets,
    "configs": edit_configs,
    "hosts": container.edit_hosts,
    "dns": container.edit_dns,
    "groups": container.edit_groups,
    "sysctls": container.edit_sysctls,
    "ulimits": container.edit_ulimits,
    "generic": container.edit_generic,
    "capabilities": container.edit_capabilities,
    "log_driver": container.edit_log_driver,
    "ignored": container.ignored,
    "replicas": scalars.edit_replicas,
    "mode": scalars.edit_mode,
    "scale": scalars.scale,
}


def apply_edits(
    spec: Spec,
    edits: Sequence[Edit],
    *,
    mode: EditMode = EditMode.UPDATE,
    networks: Mapping[str, str] | None = None,
    secrets: Mapping[str, str] | None = None,
    configs: Mapping[str, str] | None = None,
) -> Spec:
    """A changed copy of an inspected spec; what we do not know in it survives.

    Args:
        spec: the raw `Spec` of GET /services/ID, without inserted defaults.
        edits: of an `update`, or the one of a `scale`.
        mode: which of the two.
        networks: ids of the names of `networks_in(edits)`; an unknown name is left as it is.
        secrets: likewise, of `secrets_in(edits)`.
        configs: likewise, of `configs_in(edits)`.

    Raises:
        UserError: an edit that this service cannot have, such as replicas of a global one.
    """
    changed = copy.deepcopy(spec)
    names = _Names(networks or {}, secrets or {}, configs or {})
    for (rule, path), changes in _grouped(edits, creating=False).items():
        name = "scale" if mode is EditMode.SCALE and rule == "replicas" else rule
        _RULES[name](names.work(changed, path, changes))
    if mode is EditMode.UPDATE:
        _tidy(changed)
    branch(changed, "TaskTemplate.Placement")  # without it, Engines before 29.7 can lose managers
    return changed


@dataclass(frozen=True)
class _Names:
    """The ids of all names that the edits mention."""

    networks: Mapping[str, str]
    secrets: Mapping[str, str]
    configs: Mapping[str, str]

    def work(
        self,
        spec: Spec,
        path: str,
        changes: Sequence[tuple[str, JsonValue]],
        *,
        creating: bool = False,
    ) -> Work:
        return Work(
            spec,
            path,
            tuple(changes),
            creating,
            networks=self.networks,
            secrets=self.secrets,
            configs=self.configs,
        )


_TIDIED: tuple[tuple[str, Rule], ...] = (
    (_MOUNTS, edit_mounts),
    (_ULIMITS, container.edit_ulimits),
    (_CONFIGS, edit_configs),
)


def _tidy(spec: Spec) -> None:
    """Sort and tidy up what the CLI does so whatever is updated.

    A service that was made with unsorted mounts gets new tasks by its first update. The plan shows
    it.
    """
    for path, rule in _TIDIED:
        if leaf(spec, path):
            rule(Work(spec, path, ()))


def new_spec(
    edits: Sequence[Edit],
    *,
    networks: Mapping[str, str] | None = None,
    secrets: Mapping[str, str] | None = None,
    configs: Mapping[str, str] | None = None,
) -> Spec:
    """The spec that `docker service create` would post; IMAGE and CMD are edits, too.

    Raises:
        UserError: flags that contradict each other, or no image.
    """
    if not any(edit.flag == "image" for edit in edits):
        raise UserError("An image is needed.", "For example `create --name web shop/web:2.4`.")
    spec: Spec = {
        "Name": "",
        "Labels": {},
        "TaskTemplate": {
            # The CLI says nothing of isolation; the Engine then echoes this word, so say it.
            "ContainerSpec": {
                "Image": "",
                "Init": False,
                "DNSConfig": {},
                "Isolation": "default",
            },
            "Resources": {"Limits": {}, "Reservations": {}},
            "Placement": {},
            "ForceUpdate": 0,
            "Runtime": "container",
        },
        "Mode": {"Replicated": {"Replicas": 1}},
        "EndpointSpec": {"Mode": "vip"},
    }
    names = _Names(networks or {}, secrets or {}, configs or {})
    for (rule, path), changes in _grouped(edits, creating=True).items():
        _RULES[rule](names.work(spec, path, changes, creating=True))
    _check_job(spec)
    return spec


def _check_job(spec: Spec) -> None:
    mode = scalars.mode_of(spec)
    if mode.endswith("job") and ("UpdateConfig" in spec or "RollbackConfig" in spec):
        raise UserError("Jobs have no --update- and no --rollback- settings.", "Take them away.")
    if mode.startswith("global") and leaf(spec, "TaskTemplate.Placement.MaxReplicas"):
        raise UserError(f"--replicas-max-per-node does not go with --mode {mode}.")


def _grouped(
    edits: Sequence[Edit], *, creating: bool
) -> dict[tuple[str, str], list[tuple[str, JsonValue]]]:
    groups: dict[tuple[str, str], list[tuple[str, JsonValue]]] = {}
    for edit in edits:
        effect = edit_flag(edit.flag, creating=creating).effect
        if effect is None:  # pragma: no cover - edit_flag finds only rows that edit
            continue
        rule, role = effect.rule, effect.role
        if creating and rule == "replicas":
            rule, role = "mode", "replicas"
        groups.setdefault((rule, effect.path), []).append((role, copy.deepcopy(edit.value)))
    return groups


def check_edits(edits: Sequence[Edit], *, creating: bool) -> None:
    """Find what is wrong with the edits whatever the service is, by trying them on a blank one.

    Raises:
        UserError: as `new_spec` and `apply_edits` would, later.
    """
    if creating:
        new_spec(edits)
        return
    # A blank one has nothing to remove, and some rules mind that.
    brought = [edit for edit in edits if not _removes(edit)]
    apply_edits({"Mode": {"Replicated": {"Replicas": 1}}}, brought)


def _removes(edit: Edit) -> bool:
    effect = edit_flag(edit.flag).effect
    return effect is not None and effect.role == "rm"
