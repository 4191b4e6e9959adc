"""Every flag of `docker service create` and `update`, with values to try; THE table of this suite.

The values stand as a person types them (quotes and all). A flag that the docker CLI's help lists
and that is not here fails the suite. Networks, secrets, configs and nodes that values name are made
by `tests/parity/conftest.py`.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Sample:
    """One flag of one verb.

    Attributes:
        values: as typed after the flag; an empty one is the flag alone, `=…` is glued to it.
        base: flags of the service that an update starts from.
        beside: flags that must stand beside it, or it means nothing.
        since: the API version that brought it; what is newer than the Engine's 1.41 is tried on
            the simulated engine.
        many: it adds up, so that all its values are also tried at once.
        alone: no word of it in combinations, for it allows few others.
    """

    values: tuple[str, ...]
    base: str = ""
    beside: str = ""
    since: tuple[int, int] = (1, 0)
    many: bool = False
    alone: bool = False


ENGINE = (1, 41)
"""The API of the oldest Engine that the suite runs on: what is newer, the simulated one shows."""

_ON = ("", "=false")
_CONSTRAINTS = (
    "node.role==worker", "node.labels.env==prod", "node.id!=x", "'node.hostname == n1'",
)  # fmt: skip
_PREFERENCES = ("spread=node.labels.zone", "spread=node.id")
_CAPS = ("NET_ADMIN", "CAP_SYS_TIME", "sys_ptrace", "CHOWN")
_CONFIGS = (
    "site",
    "source=main,target=/etc/main.conf,uid=33,gid=33,mode=0440",
    "src=site,target=/site",
)
_SECRETS = ("key", "source=cert,target=tls.pem,uid=33,gid=34,mode=0400", "src=key,target=/other")
_DNS = ("10.0.0.53", "8.8.8.8", "fd00::53")
_DNS_OPTIONS = ("ndots:2", "timeout:1", "rotate")
_DNS_SEARCH = ("example.com", "svc.local", ".")
_ENV = ("A=1", "B='x y'", "C=", "D=a=b", "A=2")
_GENERIC = ("GPU=2", "FPGA=1", "SSD=3")
_GROUPS = ("wheel", "1000", "docker")
_HOSTS = ("db:10.0.0.5", "cache:10.0.0.6", "db:10.0.0.7", "v6:fd00::1")
_LABELS = ("a=1", "b", "c=x=y", "d='p q'", "a=2")
_LOGS = ("max-size=10m", "max-file=3", "tag='{{.Name}}/{{.ID}}'", "labels=a,b")
_MOUNTS = (
    "type=bind,src=/tmp,dst=/b,readonly,bind-propagation=rslave",
    "type=volume,source=data,target=/a,volume-label=x=y,volume-opt=o=size",
    "type=volume,source=n,target=/n,volume-nocopy",
    "source=p,target=/p",
    "type=tmpfs,target=/t,tmpfs-size=64m,tmpfs-mode=1770",
    "type=volume,target=/anonymous",
)
_NETWORKS = ("back", "name=front,alias=Web,alias=w", "name=aside,driver-opt=a=b")
_PORTS = (
    "18080:80", "19000-19002:90-92/udp", "81", "18443:443/tcp",
    "published=18053,target=53,protocol=udp,mode=host", "target=7000",
)  # fmt: skip
_SYSCTLS = ("net.ipv4.ip_forward=1", "net.core.somaxconn=1024", "kernel.shm_rmid_forced=0")
_ULIMITS = ("nofile=1024:2048", "nproc=512", "core=0", "nofile=99:100")
_DURATIONS = ("10s", "1m30s", "1500ms", "0s")
_ACTIONS = ("pause", "continue", "rollback")
_CPUS = ("0.5", "2", ".25", "0")
_MEMORY = ("64m", "1g", "536870912", "0")

_COMMON: dict[str, Sample] = {
    "cap-add": Sample(_CAPS, "--cap-add NET_RAW --cap-drop CHOWN", many=True),
    "cap-drop": Sample(_CAPS, "--cap-add NET_ADMIN --cap-drop KILL", many=True),
    "credential-spec": Sample(("registry://spec", "config://site"), alone=True),
    "endpoint-mode": Sample(("dnsrr", "vip")),
    "entrypoint": Sample(("/bin/sh", "'/bin/sh -c \"a b\"'", "''"), "--entrypoint /old"),
    "health-cmd": Sample(("'wget -q localhost'", "true", "''"), "--health-retries 2"),
    "health-interval": Sample(_DURATIONS, "--health-cmd true"),
    "health-retries": Sample(("3", "0"), "--health-cmd true"),
    "health-start-interval": Sample(_DURATIONS, "--health-cmd true", since=(1, 44)),
    "health-start-period": Sample(_DURATIONS),
    "health-timeout": Sample(_DURATIONS, "--no-healthcheck"),
    "hostname": Sample(("h1", "'{{.Node.Hostname}}'", "''")),
    "init": Sample(_ON, "--init"),
    "isolation": Sample(("default", "process", "hyperv")),
    "limit-cpu": Sample(_CPUS, "--limit-cpu 1 --reserve-memory 8m"),
    "limit-memory": Sample(_MEMORY, "--limit-pids 3"),
    "limit-pids": Sample(("50", "0"), "--limit-cpu 1"),
    "log-driver": Sample(
        ("json-file", "none", "''"), "--log-driver syslog --log-opt tag=x", beside="--log-opt a=b"
    ),
    "log-opt": Sample(
        _LOGS, "--log-driver json-file --log-opt max-size=1m", "--log-driver json-file", many=True
    ),
    "no-healthcheck": Sample(_ON, "--health-cmd true --health-retries 3"),
    "oom-score-adj": Sample(("100", "-500", "0"), since=(1, 46)),
    "read-only": Sample(_ON, "--read-only"),
    "replicas": Sample(("3", "0", "1")),
    "replicas-max-per-node": Sample(("2", "0"), "--constraint node.id!=x"),
    "reserve-cpu": Sample(_CPUS, "--limit-pids 4"),
    "reserve-memory": Sample(_MEMORY, "--generic-resource GPU=1"),
    "restart-condition": Sample(("none", "on-failure", "any")),
    "restart-delay": Sample(_DURATIONS),
    "restart-max-attempts": Sample(("3", "0"), "--restart-delay 1s"),
    "restart-window": Sample(_DURATIONS),
    "rollback-delay": Sample(_DURATIONS),
    "rollback-failure-action": Sample(_ACTIONS[:2]),
    "rollback-max-failure-ratio": Sample(("0.3", ".123456789", "0", "1")),
    "rollback-monitor": Sample(_DURATIONS),
    "rollback-order": Sample(("start-first", "stop-first")),
    "rollback-parallelism": Sample(("2", "0")),
    "stop-grace-period": Sample(_DURATIONS),
    "stop-signal": Sample(("SIGINT", "9", "''")),
    "tty": Sample(_ON, "--tty"),
    "update-delay": Sample(_DURATIONS, "--update-order start-first"),
    "update-failure-action": Sample(_ACTIONS),
    "update-max-failure-ratio": Sample(("0.3", ".123456789", "0", "1")),
    "update-monitor": Sample(_DURATIONS),
    "update-order": Sample(("start-first", "stop-first")),
    "update-parallelism": Sample(("2", "0")),
    "user": Sample(("1000:1000", "www-data", "''"), "--user 5"),
    "workdir": Sample(("/srv", "''"), "--workdir /old"),
}


NEUTRAL = ("detach", "no-resolve-image", "quiet", "with-registry-auth")
"""What edits no spec."""


def _beside(change: str) -> dict[str, Sample]:
    """Return the flags that change nothing by themselves."""
    return {name: Sample(("",), beside=change) for name in NEUTRAL}


CREATE: dict[str, Sample] = {
    **_COMMON,
    **_beside(""),
    "config": Sample(_CONFIGS, many=True),
    "constraint": Sample(_CONSTRAINTS, many=True),
    "container-label": Sample(_LABELS, many=True),
    "dns": Sample(_DNS, many=True),
    "dns-option": Sample(_DNS_OPTIONS, many=True),
    "dns-search": Sample(_DNS_SEARCH, many=True),
    "env": Sample(_ENV, many=True),
    "env-file": Sample(("/etc/hostname",), alone=True),
    "generic-resource": Sample(_GENERIC, many=True),
    "group": Sample(_GROUPS, many=True),
    "host": Sample(_HOSTS, many=True),
    "label": Sample(_LABELS, many=True),
    "max-concurrent": Sample(("2",), beside="--mode replicated-job", alone=True),
    "mode": Sample(("replicated", "global", "replicated-job", "global-job"), alone=True),
    "mount": Sample(_MOUNTS, many=True),
    "name": Sample(("another_name-1",), alone=True),
    "network": Sample(_NETWORKS, many=True),
    "placement-pref": Sample(_PREFERENCES, many=True),
    "publish": Sample(_PORTS, many=True),
    "secret": Sample(_SECRETS, many=True),
    "sysctl": Sample(_SYSCTLS, many=True),
    "ulimit": Sample(_ULIMITS, many=True),
}


def _pair(stem: str, add: tuple[str, ...], rm: tuple[str, ...], base: str) -> dict[str, Sample]:
    return {
        f"{stem}-add": Sample(add, base, many=True),
        f"{stem}-rm": Sample(rm, base, many=True),
    }


UPDATE: dict[str, Sample] = {
    **_COMMON,
    **_beside("--image {reg}/httpd:v2"),
    "args": Sample(("'-a \"b c\" d'", "''", "x")),
    "force": Sample(_ON),
    "image": Sample(("{reg}/httpd:v2", "{reg}/httpd")),
    "max-concurrent": Sample(("3",), "--mode replicated-job --max-concurrent 2", alone=True),
    "rollback": Sample(("",), alone=True),
    **_pair("config", _CONFIGS, ("site", "main", "nope"), "--config site"),
    **_pair("constraint", _CONSTRAINTS, (*_CONSTRAINTS[:3], "a==b"), "--constraint node.id!=x"),
    **_pair("container-label", _LABELS, ("a", "b", "nope"), "--container-label a=0"),
    **_pair("dns", _DNS, _DNS, "--dns 8.8.8.8 --dns 1.1.1.1"),
    **_pair("dns-option", _DNS_OPTIONS, _DNS_OPTIONS, "--dns-option rotate --dns-option debug"),
    **_pair("dns-search", _DNS_SEARCH, _DNS_SEARCH, "--dns-search svc.local --dns-search z.org"),
    **_pair("env", _ENV, ("A", "B", "NOPE"), "-e A=0 -e Z=1"),
    **_pair("generic-resource", _GENERIC, ("GPU", "FPGA", "GPU=2"), "--generic-resource GPU=1"),
    **_pair("group", _GROUPS, (*_GROUPS, "nope"), "--group wheel --group audio"),
    **_pair("host", _HOSTS, ("db", "cache:10.0.0.6", "db:10.9.9.9"), "--host db:10.0.0.1"),
    **_pair("label", _LABELS, ("a", "b", "nope"), "-l a=0 -l z=1"),
    **_pair("mount", _MOUNTS, ("/a", "/z", "/nope"), "--mount source=z,target=/z"),
    **_pair("network", _NETWORKS, ("back", "front"), "--network back"),
    **_pair(
        "placement-pref", _PREFERENCES, (*_PREFERENCES, "spread=node.labels.no"),
        "--placement-pref spread=node.id",
    ),
    **_pair("publish", _PORTS, ("80", "18080:80", "91/udp", "9"), "-p 18080:80 -p 18081:81"),
    **_pair("secret", _SECRETS, ("key", "cert", "nope"), "--secret key"),
    **_pair("sysctl", _SYSCTLS, ("net.ipv4.ip_forward", "nope"), "--sysctl net.ipv4.ip_forward=0"),
    **_pair("ulimit", _ULIMITS, ("nofile", "core", "nope"), "--ulimit nofile=1:2"),
}  # fmt: skip


LATER = ("memory-swap", "memory-swappiness")
"""What came after the docker CLI 28, whose flags these are."""


def flag_words(flag: str, value: str) -> str:
    """Return a flag with a value, as it is typed."""
    if not value or value.startswith("="):
        return f"--{flag}{value}"
    return f"--{flag} {value}"
