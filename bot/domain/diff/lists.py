"""The fields that hold many: env, labels, ports, mounts, networks, placement, secrets, logging.

Each entry becomes a field of its own, so that a change reads as one that came or went. Env values
never show; options of drivers may hold passwords and do not show either.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.domain.diff.fields import Fields
from bot.domain.jsontypes import JsonObject
from bot.domain.spec.hashing import PREFIX

_CONTAINER = "TaskTemplate.ContainerSpec."
_READ_BY_ALL = 0o444


def environment(fields: Fields) -> None:
    """`env NAME`, the value hidden."""
    for line in fields.take(_CONTAINER + "Env") or []:
        name, _, value = str(line).partition("=")
        fields.hide(f"env {name}", value)


def labels(fields: Fields) -> None:
    """`label KEY` and `container-label KEY`; labels of our own do not count."""
    for key, value in (fields.take("Labels") or {}).items():
        if not key.startswith(PREFIX):
            fields.say(f"label {key}", str(value))
    for key, value in (fields.take(_CONTAINER + "Labels") or {}).items():
        fields.say(f"container-label {key}", str(value))


def ports(fields: Fields) -> None:
    """`publish 8080`: `8080:80`, with protocol and mode where they are not the usual ones."""
    for port in fields.take("EndpointSpec.Ports") or []:
        published, target = port.get("PublishedPort"), port.get("TargetPort")
        protocol = port.get("Protocol", "tcp")
        suffix = "" if protocol == "tcp" else f"/{protocol}"
        name = f" ({port['Name']})" if port.get("Name") else ""
        host = " on the host" if port.get("PublishMode") == "host" else ""
        text = f"{published}:{target}{suffix}" if published else f"any:{target}{suffix}"
        fields.say(f"publish {published or target}{suffix}", text + host + name, repr(_dump(port)))


def networks(fields: Fields, names: Mapping[str, str]) -> None:
    """`network NAME`, or the id where the name is not known."""
    for source in ("TaskTemplate.Networks", "Networks"):
        for net in fields.take(source) or []:
            target = str(net.pop("Target", ""))
            aliases = ", ".join(map(str, net.pop("Aliases", None) or []))
            text = f"alias {aliases}" if aliases else "attached"
            options = _options(net)
            fields.say(
                f"network {names.get(target, target)}", _joined(text, options), text + options
            )


def placement(fields: Fields) -> None:
    """`constraint node.role==manager`, `placement-pref spread=…`, `platform linux/amd64`."""
    for constraint in fields.take("TaskTemplate.Placement.Constraints") or []:
        fields.say(f"constraint {_tight(str(constraint))}", "required")
    for place, preference in enumerate(fields.take("TaskTemplate.Placement.Preferences") or [], 1):
        spread = (preference.get("Spread") or {}).get("SpreadDescriptor", "")
        fields.say(f"placement-pref spread={spread}", f"preference {place}")
    for platform in fields.take("TaskTemplate.Placement.Platforms") or []:
        system = platform.get("OS") or "any"
        fields.say(f"platform {system}/{platform.get('Architecture') or 'any'}", "runs there")


def mounts(fields: Fields) -> None:
    """`mount /data`: `volume data`, read-only where it is."""
    for mount in fields.take(_CONTAINER + "Mounts") or []:
        whole = repr(_dump(mount))
        text = f"{mount.pop('Type', 'volume')} {mount.pop('Source', '') or '(anonymous)'}"
        target = mount.pop("Target", "")
        text += " read-only" if mount.pop("ReadOnly", False) else ""
        fields.say(f"mount {target}", _joined(text, _options(mount)), whole)


def secrets_and_configs(fields: Fields) -> None:
    """`secret NAME` and `config NAME`: the names, never what they hold."""
    for word, key in (("secret", "Secret"), ("config", "Config")):
        for entry in fields.take(f"{_CONTAINER}{key}s") or []:
            target = _file(entry.get("File") or {})
            raw = repr(_dump(entry))
            fields.say(f"{word} {entry.get(key + 'Name') or entry.get(key + 'ID')}", target, raw)


def _file(file: JsonObject) -> str:
    """Where it is in the container, and who may read it where that is not everybody."""
    usual = (("UID", "0"), ("GID", "0"))
    told = [f"{key.lower()} {file[key]}" for key, value in usual if file.get(key, value) != value]
    if file.get("Mode", _READ_BY_ALL) != _READ_BY_ALL:
        told.append(f"mode {file['Mode']:04o}")
    name = file.get("Name") or "runtime"
    return f"{name} ({', '.join(told)})" if told else str(name)


def logging(fields: Fields) -> None:
    """`log-driver`, and `log-opt NAME` without its value: some drivers take a token there."""
    driver = fields.take("TaskTemplate.LogDriver.Name")
    if driver:
        fields.say("log-driver", str(driver))
    for key, value in (fields.take("TaskTemplate.LogDriver.Options") or {}).items():
        fields.hide(f"log-opt {key}", str(value))


def _tight(constraint: str) -> str:
    for sign in ("==", "!="):
        left, found, right = constraint.partition(sign)
        if found:
            return f"{left.strip()}{sign}{right.strip()}"
    return constraint


def _joined(text: str, options: str) -> str:
    return f"{text} (options set)" if options else text


def _options(rest: JsonObject) -> str:
    left = {key: value for key, value in rest.items() if value}
    return repr(_dump(left)) if left else ""


def _dump(value: Any) -> Any:
    """The same with its keys in order, so that equal things compare equal."""
    if isinstance(value, dict):
        return [(key, _dump(value[key])) for key in sorted(value)]
    return [_dump(item) for item in value] if isinstance(value, list) else value
