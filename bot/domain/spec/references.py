"""Rules for secrets and configs: a person writes names, the Engine keeps names and ids.

`secrets_in` and `configs_in` list the names, the worker resolves them, and
`apply_edits(..., secrets={name: id}, configs={name: id})` puts the ids in.
"""

from __future__ import annotations

from collections.abc import Sequence

from bot.domain.errors import BadFlagValue
from bot.domain.flags.flag import Edit
from bot.domain.jsontypes import JsonObject
from bot.domain.spec.tree import Work, branch, leaf

_CREDENTIAL_SPEC = "TaskTemplate.ContainerSpec.Privileges.CredentialSpec"


def secrets_in(edits: Sequence[Edit]) -> tuple[str, ...]:
    """The names of secrets that the edits bring in, each once, in order."""
    return _sources(edits, "secret")


def configs_in(edits: Sequence[Edit]) -> tuple[str, ...]:
    """The names of configs that the edits bring in, that of --credential-spec among them."""
    asked = [edit.value for edit in edits if edit.flag == "credential-spec"][-1:]
    of_spec = [value["Config"] for value in asked if "Config" in value]
    return tuple(dict.fromkeys([*_sources(edits, "config"), *of_spec]))


def _sources(edits: Sequence[Edit], stem: str) -> tuple[str, ...]:
    names = (edit.value["Source"] for edit in edits if edit.flag in (stem, f"{stem}-add"))
    return tuple(dict.fromkeys(names))


def edit_secrets(work: Work) -> None:
    """Secrets after --secret(-add) and --secret-rm; removals first, by the secret's name.

    Raises:
        BadFlagValue: two secrets with one target.
    """
    removed = set(work.values("rm"))
    kept = [entry for entry in work.old() or [] if entry.get("SecretName") not in removed]
    work.put([*kept, *_added(work, "Secret", kept)])


def edit_configs(work: Work) -> None:
    """Configs after --config(-add), --config-rm and --credential-spec.

    A credential spec out of a config keeps a second reference to it, of the sort `Runtime`; those
    that no credential spec uses any more go, whatever is updated.

    Raises:
        BadFlagValue: two configs with one target.
    """
    asked = work.values("credential")[-1:]
    name = asked[0].get("Config", "") if asked else ""
    present = leaf(work.spec, _CREDENTIAL_SPEC) or {}
    used = "" if asked else present.get("Config", "")
    removed = set(work.values("rm"))
    kept = [entry for entry in work.old() or [] if _stays(entry, removed, name, used)]
    added = _added(work, "Config", kept)
    if name:
        added.append({"Runtime": {}, "ConfigID": work.configs.get(name, name), "ConfigName": name})
    work.put([*kept, *added])
    if asked:
        _put_credential_spec(work, asked[0], [*kept, *added])


def _stays(entry: JsonObject, removed: set[str], name: str, used: str) -> bool:
    if entry.get("Runtime") is None:
        return entry.get("ConfigName") not in removed
    return entry.get("ConfigName") == name or entry.get("ConfigID") == used


def _put_credential_spec(work: Work, asked: JsonObject, configs: Sequence[JsonObject]) -> None:
    # In full, as the Engine shows it: there Go leaves nothing out.
    path, _, field = _CREDENTIAL_SPEC.rpartition(".")
    if not asked:
        if leaf(work.spec, path):
            branch(work.spec, path)[field] = None
        return
    ids = {entry["ConfigName"]: entry["ConfigID"] for entry in reversed(configs)}
    spec = {"Config": "", "File": "", "Registry": "", **asked}
    spec["Config"] = ids.get(spec["Config"], "")
    privileges = branch(work.spec, path)
    privileges.setdefault("SELinuxContext", None)
    privileges[field] = spec


def _added(work: Work, title: str, kept: Sequence[JsonObject]) -> list[JsonObject]:
    stem = title.lower()
    ids = work.secrets if title == "Secret" else work.configs
    taken = {(entry.get("File") or {}).get("Name"): entry[f"{title}Name"] for entry in kept}
    added = []
    for value in work.values("add"):
        name, target = value["Source"], value["File"]["Name"]
        if target in taken:
            flag = stem if work.creating else f"{stem}-add"
            other = taken[target]
            raise BadFlagValue(
                flag,
                name,
                f"the {stem} `{other}` is at the target `{target}` already",
                f"Take that away: `--{stem}-rm {other}`, or say another `target=`.",
            )
        taken[target] = name
        added.append(
            {"File": value["File"], f"{title}ID": ids.get(name, name), f"{title}Name": name}
        )
    return added
