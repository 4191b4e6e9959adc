"""The plan: what will be posted, field by field, pinned to what it starts from."""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.domain.jsontypes import Spec
from bot.domain.policy.resource import Piece


class Kind(StrEnum):
    """What a rollout does; also `kind` of the parent message's metadata."""

    CREATE = "create"
    UPDATE = "update"
    SCALE = "scale"
    ROLLBACK = "rollback"


@dataclass(frozen=True, kw_only=True, slots=True)
class FieldChange:
    """One changed field, ready to be shown: env values are hidden already.

    Attributes:
        path: in the reader's words, for instance `image`, `replicas`, `env DB_PASSWORD`, `publish
            8080`, `update-parallelism`.
        old: None when the field is new.
        new: None when the field goes.
    """

    path: str
    old: str | None
    new: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """A change, worked out but not carried out.

    Attributes:
        base_hash: `spec_hash` of the live spec that it starts from; None for a create.
        base_spec: that spec, kept to say later what was there; None for a create.
        base_update_at: when the update began that Swarm told of then (`update_started_at`), if any.
        base_version: `Version.Index` of the service then; None for a create.
        desired: the whole spec to post, without the labels that carry our ids.
        desired_hash: its `spec_hash`.
        changes: the diff, one entry a field.
        digest_old: image digest before (`sha256:…`), empty if unknown.
        digest_new: image digest after, empty when `--no-resolve-image` was asked for.
        warnings: what the person should know, one sentence each.
        policy_hash: the version of the policy in force; `open` for the word `open`.
        to_revision: for a rollback, the revision that it goes back to.
        network_names: network id → name, so that a revision can be restored after a network was
            made anew.
        takes: secrets and configs that the service does not hold yet, as they are judged.
        fingerprint: sha256 over all that an approval binds; see `fingerprint()` in this module.
    """

    cluster: str
    service: str
    service_id: str | None
    kind: Kind
    base_hash: str | None
    base_spec: Spec | None
    desired: Spec
    desired_hash: str
    changes: tuple[FieldChange, ...]
    digest_old: str = ""
    digest_new: str = ""
    warnings: tuple[str, ...] = ()
    policy_hash: str = ""
    to_revision: int | None = None
    network_names: dict[str, str] | None = None
    fingerprint: str = ""
    base_update_at: datetime | None = None
    base_version: int | None = None
    takes: tuple[Piece, ...] = ()


def fingerprint(plan: Plan) -> str:
    """The SHA-256 over all that an approval binds; 64 hexadecimal digits.

    What is shown (changes, warnings, names) follows from these and is left out, so that a better
    wording does not void an approval.
    """
    bound: dict[str, object] = {
        "cluster": plan.cluster,
        "service": plan.service,
        "service_id": plan.service_id,
        "kind": plan.kind.value,
        "base_hash": plan.base_hash,
        "desired_hash": plan.desired_hash,
        "digests": [plan.digest_old, plan.digest_new],
        "policy_hash": plan.policy_hash,
        "to_revision": plan.to_revision,
    }
    if plan.takes:  # their labels say whose yes it takes
        bound["takes"] = [[each.kind, each.name, dict(each.labels)] for each in plan.takes]
    text = json.dumps(bound, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
