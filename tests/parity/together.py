"""Flags that meddle with each other in one line, or line after line; and words that samples lack.

What is said of one flag alone is walked from `samples.py`, what random flags say together from
`combinations.py`; here are the pairs that the docker CLI itself takes in an order of its own.
"""

from tests.parity.walks import created, updated


def _walk(base: str, *changes: str) -> list[str]:
    return [created(base), *(updated(change) for change in changes)]


_ALIAS = "--network-add name=front,alias=x"
_HEALTH = "--health-retries 4 --health-interval 3s"

TOGETHER: dict[str, list[str]] = {
    # said once more, taken away and given back
    "variables": _walk(
        "-e A=1 -e A=1 -e B=2", "--env-rm A --env-add A=1", "--env-add A=9 --env-rm B --env-rm NOPE"
    ),
    "labels": _walk("-l a=1", "--label-add a=2 --label-rm a", "--label-rm a --label-add a=3"),
    "ports": _walk(
        "-p 8081:80", "--publish-rm 8081:80 --publish-add 8081:80",
        "--publish-add published=85,target=80,mode=host", "--publish-rm 9999:80",
        "--publish-rm target=80,mode=host", "--publish-rm 8081",
    ),
    "mounts": _walk(
        "--mount source=z,target=/z --mount source=a,target=/a",
        "--mount-add type=volume,source=b,target=/d",
        "--mount-rm /d --mount-add type=tmpfs,target=/d", "--mount-rm /z --mount-rm /a",
    ),
    "constraints": _walk(
        "", "--constraint-add node.role==worker --constraint-add node.role==worker",
        "--constraint-add node.id!=x --constraint-rm node.role==nothing",
        "--constraint-rm node.role==worker --constraint-add node.role==worker",
    ),
    "preferences": _walk(
        "--placement-pref spread=node.labels.b",
        "--placement-pref-rm spread=node.labels.b --placement-pref-add spread=node.labels.c",
    ),
    "networks": _walk("--network back", _ALIAS, "--network-rm back", "--network-rm front"),
    "health": _walk(
        "", "--health-cmd true", _HEALTH, "--no-healthcheck", "--health-timeout 2s",
        "--health-cmd ''",
    ),
    "files": _walk(
        "--secret key --config site", "--secret-add cert --config-add source=site,target=/s",
        "--secret-rm nope --secret-rm key --secret-add source=cert,target=key",
        "--config-rm site --config-add site", "--secret-rm cert --config-rm site",
    ),
    "credential spec": _walk(
        "--credential-spec config://site --config site", "--credential-spec registry://r",
        "--credential-spec config://site --config-add main", "--config-rm site",
        "--label-add a=b", "--credential-spec ''",
    ),
    "hosts and DNS": _walk(
        "--host b:10.0.0.3 --dns 9.9.9.9 --dns 8.8.8.8 --dns-search z.y",
        "--host-add b:10.0.0.1 --host-add b:10.0.0.1 --host-add c:10.0.0.2",
        "--host-rm b --host-rm c:10.9.9.9", "--dns-add 1.1.1.1 --dns-rm 1.1.1.1",
        "--dns-option-add ndots:1 --dns-rm 9.9.9.9 --dns-search-add a.b",
        "--dns-search-rm a.b --dns-option-rm ndots:1",
    ),
    "groups": _walk("", "--group-add 9 --group-add 3 --group-add 9", "--group-rm 9 --group-add 9"),
    "capabilities": _walk(
        "--cap-add NET_ADMIN", "--cap-drop NET_ADMIN", "--cap-drop NET_ADMIN",
        "--cap-add NET_ADMIN --cap-drop CHOWN", "--cap-add ALL --cap-add CHOWN",
        "--cap-drop RESET --cap-drop KILL", "--cap-add RESET", "--cap-add KILL --cap-drop KILL",
    ),
    "limits": _walk(
        "--ulimit nofile=5 --sysctl a=1 --generic-resource GPU=1",
        "--ulimit-add cpu=1 --ulimit-rm nofile", "--ulimit-rm cpu --ulimit-add cpu=2",
        "--sysctl-add b=2 --sysctl-rm a", "--generic-resource-add SSD=1 --generic-resource-rm GPU",
        "--generic-resource-rm SSD --sysctl-rm b",
    ),
    "logs": _walk(
        "--log-driver none", "--log-opt max-file=2", "--log-driver json-file --log-opt max-file=2",
        "--log-driver ''", "--log-driver local",
    ),
    "force": _walk("", "--force --force", "--force=false --label-add a=b"),
    # words that no sample has
    "many ports": _walk("-p 8080:80 -p 9000-9002:90-92/udp -p 81 -p 7000-7001:70"),
    "names": _walk(
        "--host a=::1 --host 'b:[10.0.0.1]' --dns 0:0::1 --dns-search b.c. --group 7 --group 5"
    ),
    "odd limits": _walk("--ulimit core=-1 --sysctl a --generic-resource GPU=2"),
    "rights": _walk("--cap-add net_admin --cap-drop ALL --cap-drop CAP_CHOWN --cap-add SYS_TIME"),
    "a decimal mode": _walk("--config source=site,mode=256 --secret source=key,target=/k,mode=400"),
    "an empty option": _walk("--log-driver json-file --log-opt max-size=1m --log-opt tag="),
    "what is not": _walk("--mount type=tmpfs,target=/u,readonly=false"),
}  # fmt: skip
