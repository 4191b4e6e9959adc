"""The rows of THE table for what is inside a container: files, names, rights and limits."""

from __future__ import annotations

from bot.domain.flags import kinds as k
from bot.domain.flags.addresses import HOST, NAMESERVER, SEARCH
from bot.domain.flags.flag import Effect, Flag
from bot.domain.flags.kinds import Kind, choice, named
from bot.domain.flags.limits import CAPABILITY, RESOURCE, SCORE, SYSCTL, ULIMIT
from bot.domain.flags.references import CONFIG, CREDENTIAL_SPEC, ENV_FILE, SECRET
from bot.domain.flags.rows import BOTH, CONTAINER, CREATE, TASK, UPDATE, pair, sets

_CONFIGS = f"{CONTAINER}.Configs"
_DNS = f"{CONTAINER}.DNSConfig"
_DRIVER = f"{TASK}.LogDriver"
_RESERVED = f"{TASK}.Resources.Reservations"


def _many(name: str, kind: Kind, text: str, effect: Effect, since: str = "") -> Flag:
    return Flag(name, kind, BOTH, text, effect=effect, many=True, since=since)


_FILES = (
    Flag(
        "env-file",
        ENV_FILE,
        CREATE,
        "Refused, for a chat has no files: use --env",
        effect=Effect("env", f"{CONTAINER}.Env", "add"),
        many=True,
    ),
    *pair(
        "secret", SECRET, named("SECRET"), ("secrets", f"{CONTAINER}.Secrets"), "a secret", "1.25"
    ),
    *pair("config", CONFIG, named("CONFIG"), ("configs", _CONFIGS), "a config", "1.30"),
    Flag(
        "credential-spec",
        CREDENTIAL_SPEC,
        BOTH,
        "Windows only: config://NAME or registry://KEY",
        effect=Effect("configs", _CONFIGS, "credential"),
        since="1.29",
    ),
)

_NAMES = (
    *pair(
        "host",
        HOST,
        named("NAME[:IP]"),
        ("hosts", f"{CONTAINER}.Hosts"),
        "a host name's IP",
        "1.25",
    ),
    *pair("dns", NAMESERVER, named("IP"), ("dns", f"{_DNS}.Nameservers"), "a DNS server", "1.25"),
    *pair(
        "dns-search", SEARCH, named("DOMAIN"), ("dns", f"{_DNS}.Search"), "a search domain", "1.25"
    ),
    *pair(
        "dns-option", k.NEEDED, named("TEXT"), ("dns", f"{_DNS}.Options"), "a DNS option", "1.25"
    ),
)

_RIGHTS = (
    *pair(
        "group",
        named("GROUP"),
        named("GROUP"),
        ("groups", f"{CONTAINER}.Groups"),
        "another group of its user",
        "1.25",
    ),
    _many(
        "cap-add",
        CAPABILITY,
        "Give a Linux capability",
        Effect("capabilities", CONTAINER, "add"),
        "1.41",
    ),
    _many(
        "cap-drop",
        CAPABILITY,
        "Take a Linux capability",
        Effect("capabilities", CONTAINER, "drop"),
        "1.41",
    ),
    Flag(
        "isolation",
        choice("default", "process", "hyperv"),
        BOTH,
        "Windows only: how it is isolated",
        effect=sets(f"{CONTAINER}.Isolation"),
        since="1.35",
    ),
)

_LIMITS = (
    *pair("sysctl", SYSCTL, k.LABEL_KEY, ("sysctls", f"{CONTAINER}.Sysctls"), "a sysctl", "1.40"),
    *pair("ulimit", ULIMIT, named("NAME"), ("ulimits", f"{CONTAINER}.Ulimits"), "a limit", "1.41"),
    *pair(
        "generic-resource",
        RESOURCE,
        named("KIND"),
        ("generic", f"{_RESERVED}.GenericResources"),
        "a resource of nodes, kept for it",
        "1.32",
    ),
    Flag(
        "oom-score-adj",
        SCORE,
        BOTH,
        "Who is killed first when memory is short, -1000 to 1000",
        effect=sets(f"{CONTAINER}.OomScoreAdj"),
        since="1.46",
    ),
)

_LOGS = (
    Flag(
        "log-driver",
        k.TEXT,
        BOTH,
        "Where logs go; replaces all --log-opt, too",
        effect=Effect("log_driver", _DRIVER, "name"),
    ),
    Flag(
        "log-opt",
        k.OPTION,
        BOTH,
        "An option of --log-driver",
        effect=Effect("log_driver", _DRIVER, "option"),
        many=True,
        secret=True,
    ),
)

_IGNORED = (
    Flag(
        "max-concurrent",
        k.COUNT,
        UPDATE,
        "Does nothing here, as in docker",
        effect=Effect("ignored", "Mode"),
        since="1.41",
    ),
)

RARE = (*_NAMES, *_RIGHTS, *_LIMITS, *_LOGS, *_IGNORED)
"""What the help of a verb names without a word on it, to fit into a message."""

INSIDE = (*_FILES, *RARE)
