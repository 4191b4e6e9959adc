"""What the docker CLI does and does not say."""

from typing import Any

import pytest

from bot.domain.grammar.suggest import nearest
from bot.domain.spec import apply_edits, cautions
from tests.unit.domain.spec.editing import edits, spec_of

INGRESS = {"Protocol": "tcp", "TargetPort": 80, "PublishedPort": 8081, "PublishMode": "ingress"}
ON_HOST = {**INGRESS, "PublishedPort": 85, "PublishMode": "host"}


def a_service() -> dict[str, Any]:
    spec = spec_of(
        Env=["DEBUG=hunter2"],
        Labels={"tier": "web"},
        Mounts=[{"Type": "volume", "Source": "d", "Target": "/d"}],
        Secrets=[{"File": {"Name": "k"}, "SecretID": "1", "SecretName": "key"}],
        Hosts=["10.0.0.1 db"],
        Groups=["5"],
        DNSConfig={"Nameservers": ["1.1.1.1"]},
        CapabilityAdd=["CAP_NET_ADMIN"],
        CapabilityDrop=["CAP_CHOWN"],
    )
    spec["TaskTemplate"] |= {
        "Placement": {
            "Constraints": ["node.role == worker"],
            "Preferences": [{"Spread": {"SpreadDescriptor": "node.labels.zone"}}],
        },
        "LogDriver": {"Name": "syslog", "Options": {"tag": "hunter2", "env": "x"}},
    }
    spec["EndpointSpec"] = {"Ports": [INGRESS, ON_HOST]}
    return spec


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        ("--log-opt tag=x", "--log-opt without --log-driver does nothing"),
        ("--log-driver syslog --log-opt tag=x", "replaces all options: `env` will be gone"),
        ("--env-rm DEBGU", "--env-rm `DEBGU` finds nothing; did you mean `DEBUG`?"),
        ("--env-add NEW=1 --env-rm NEW", "--env-rm `NEW` finds nothing"),
        ("--env-rm NOPE", "--env-rm `NOPE` finds nothing"),
        ("--container-label-rm teir", "finds nothing; did you mean `tier`?"),
        ("--label-rm nope", "--label-rm `nope` finds nothing"),
        ("--secret-rm kee", "did you mean `key`?"),
        ("--host-rm web", "--host-rm `web` finds nothing"),
        ("--host-rm db:10.0.0.2", "did you mean `db:10.0.0.1`?"),
        ("--mount-rm /e --config-rm c", "--config-rm `c` finds nothing"),
        ("--ulimit-rm core", "--ulimit-rm `core` finds nothing"),
        ("--placement-pref-rm spread=node.id", "--placement-pref-rm `node.id` finds nothing"),
        (
            "--constraint-rm node.role==worker",
            "--constraint-rm `node.role==worker` finds nothing; did you mean `node.role == worker`",
        ),
        ("--constraint-add foo==bar", "no node ever matches `foo==bar`: Swarm knows no `foo`"),
        ("--constraint-add node.labls.a==b", "did you mean `node.labels`?"),
        (
            "--constraint-add 'node.role == worker'",
            "the constraint `node.role == worker` will be there twice",
        ),
        (
            "--mount-rm /d --mount-add type=tmpfs,target=/d",
            "--mount-rm beats --mount-add, as in docker: `/d` will not be there",
        ),
        ("--group-rm 7 --group-add 7", "--group-rm beats --group-add, as in docker: `7` will not"),
        (
            "--publish-rm 9999:80",
            "--publish-rm goes by the target port alone, as in docker: `8081:80` goes",
        ),
        (
            "--publish-rm 8081",
            (
                "`8081` finds nothing: it goes by the target port; "
                "`--publish-rm 80` would take `8081:80` away"
            ),
        ),
        ("--publish-rm 53/udp", "--publish-rm `53/udp` finds nothing: it goes by the target port"),
        (
            "--publish-rm 8081:80 --publish-add 8081:80",
            "`8081:80` will not be published",
        ),
        ("--secret-add source=a,mode=400", "mode=400 is decimal, so 0o620 in octal"),
        ("--max-concurrent 2", "--max-concurrent does nothing to a service that is there"),
        ("--cap-drop NET_ADMIN", "--cap-drop CAP_NET_ADMIN only takes the earlier --cap-add back"),
        ("--cap-add CHOWN", "--cap-add CAP_CHOWN only takes the earlier --cap-drop back"),
        ("--cap-add KILL --cap-drop KILL", "--cap-add beats --cap-drop: CAP_KILL is not dropped"),
    ],
)
def test_a_caution(flags: str, says: str) -> None:
    spec, said = a_service(), edits(f"update {flags} web")
    found = cautions(said, spec, nearest)
    assert says in "\n".join(found), found
    assert "hunter2" not in "\n".join(found)
    assert apply_edits(spec, said)["Name"] == "web"  # it is said, and done all the same


@pytest.mark.parametrize(
    "flags",
    [
        "--env-rm DEBUG --env-add DEBUG=2 --label-add a=b",
        "--publish-rm 8081:80 --publish-add 8082:80",
        "--publish-rm 80 --publish-rm target=80,mode=host",
        "--constraint-rm 'node.role == worker' --constraint-add node.labels.env==prod",
        "--constraint-add engine.labels.os!=x --constraint-add NODE.platform.os==linux",
        "--mount-rm /d --host-rm db --host-rm db:10.0.0.1 --group-rm 5 --dns-rm 1.1.1.1",
        "--placement-pref-rm spread=node.labels.zone",
        "--secret-rm key --secret-add source=key,mode=0400 --config-add source=a,mode=0",
        "--log-driver syslog --log-opt tag=a --log-opt env=b",
        "--cap-add KILL --cap-drop SYS_TIME",
    ],
)
def test_what_does_as_it_says_needs_no_caution(flags: str) -> None:
    assert cautions(edits(f"update {flags} web"), a_service(), nearest) == ()


def test_cautions_fit_into_a_message_whatever_was_typed() -> None:
    many = " ".join(f"--env-rm {n}{'X' * 150}" for n in range(20))
    long = f"--constraint-add {'y' * 200}=={'z' * 500}"
    found = cautions(edits(f"update {many} {long} web"), a_service(), nearest)
    assert len(found) == 9
    assert found[-1] == "and 13 more of this sort"
    assert all(len(line) < 300 for line in found)


def test_a_create_is_cautioned_of_its_own_things_only() -> None:
    line = "create --name web --constraint nod.id==x --log-opt a=b --secret source=k,mode=444 x/y"
    found = cautions(edits(line), None, nearest)
    assert [text.partition(" ")[0] for text in found] == ["--log-opt", "no", "mode=444"]
    assert cautions(edits("create --name web --max-concurrent 1 --mode replicated-job x/y"),
                    None, nearest) == ()  # fmt: skip
