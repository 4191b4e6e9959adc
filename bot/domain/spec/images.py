"""Images: the pure part writes what was typed, and what the worker resolved is put in here."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence

from bot.domain.flags.flag import Edit
from bot.domain.jsontypes import Spec
from bot.domain.spec.tree import branch


def images_in(edits: Sequence[Edit]) -> tuple[str, ...]:
    """The image references that the edits name; the last one counts, so at most one."""
    return tuple(edit.value for edit in edits if edit.flag == "image")[-1:]


def with_image(spec: Spec, ref: str, platforms: Sequence[Mapping[str, str]] = ()) -> Spec:
    """A copy of the spec that runs `ref` (`name:tag@sha256:…`) on these platforms.

    Args:
        spec: any service spec.
        ref: the resolved reference.
        platforms: entries of `Placement.Platforms`, or as /distribution/NAME/json spells them; none
            known leaves the placement as it is, as the docker CLI does.
    """
    changed = copy.deepcopy(spec)
    branch(changed, "TaskTemplate.ContainerSpec")["Image"] = ref
    placement = branch(changed, "TaskTemplate.Placement")
    if platforms:
        placement["Platforms"] = [_platform(platform) for platform in platforms]
    return changed


def _platform(platform: Mapping[str, str]) -> dict[str, str]:
    # Manifests say "arm" where nodes say "armv7l": the CLI leaves it out (moby/swarmkit#2294).
    lower = {key.lower(): value for key, value in platform.items()}
    arch = lower.get("architecture", "")
    known = {"Architecture": "" if arch.lower() == "arm" else arch, "OS": lower.get("os", "")}
    return {key: value for key, value in known.items() if value}
