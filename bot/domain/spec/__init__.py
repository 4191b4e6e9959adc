"""Editing the Engine's raw specs exactly as `docker service create|update|scale` would.

apply_edits(spec, edits, mode=...)      a changed copy of an inspected spec
new_spec(edits)                         the spec of a new service
cautions(edits, base)                   what the docker CLI does and does not say
newer_than(version, edits, ...)         what an old Engine does not know
check_edits(edits, creating=...)        what contradicts itself, before any Engine is asked
images_in, networks_in,
secrets_in, configs_in                  the names that the worker must resolve
with_image, with_network_ids            and the resolved values put in
apply_node_edits, new_network           nodes and networks
spec_hash, loosely_equal, ...           comparing specs (hashing.py)
"""

from bot.domain.spec.age import newer_than
from bot.domain.spec.cautions import cautions
from bot.domain.spec.edit import EditMode, apply_edits, check_edits, new_spec
from bot.domain.spec.hashing import (
    loose_hash,
    loosely_equal,
    spec_hash,
    with_waggle_labels,
    without_waggle_labels,
)
from bot.domain.spec.images import images_in, with_image
from bot.domain.spec.networks import networks_in, new_network, with_network_ids
from bot.domain.spec.nodes import apply_node_edits
from bot.domain.spec.references import configs_in, secrets_in

__all__ = [
    "EditMode",
    "apply_edits",
    "apply_node_edits",
    "cautions",
    "check_edits",
    "configs_in",
    "images_in",
    "loose_hash",
    "loosely_equal",
    "networks_in",
    "new_network",
    "new_spec",
    "newer_than",
    "secrets_in",
    "spec_hash",
    "with_image",
    "with_network_ids",
    "with_waggle_labels",
    "without_waggle_labels",
]
