"""Flags that the worker has to look into: names to resolve, the Engine's age, what does nothing."""

from bot.domain.grammar.tokens import HIDDEN
from tests.unit.usecases.bed import Bed, made


def _told(bed: Bed, line: str) -> str:
    """Ask for what comes to nothing; return the private answer."""
    before = bed.swarm.service("web").spec
    name = bed.type(line)
    bed.work()
    assert bed.rollout(name).state.value in {"refused", "unchanged", "shown"}
    assert bed.swarm.service("web").spec == before
    return bed.private(name)


def test_secrets_and_configs_get_their_ids() -> None:
    bed = made()
    key, site = bed.swarm.add_secret("key"), bed.swarm.add_config("site")
    bed.done("update --secret-add source=key,target=pw --config-add site web")
    container = bed.swarm.service("web").spec["TaskTemplate"]["ContainerSpec"]
    assert [(one["SecretID"], one["SecretName"]) for one in container["Secrets"]] == [(key, "key")]
    assert [(one["ConfigID"], one["ConfigName"]) for one in container["Configs"]] == [
        (site, "site")
    ]
    bed.done("create --name other --secret key reg/httpd:v1")
    other = bed.swarm.service("other").spec["TaskTemplate"]["ContainerSpec"]
    assert other["Secrets"][0]["SecretID"] == key


def test_an_unknown_name_is_answered_with_the_nearest() -> None:
    bed = made()
    bed.swarm.add_secret("db_password")
    told = _told(bed, "update --secret-add db_pasword web")
    assert "There is no secret `db_pasword`." in told
    assert "Did you mean `db_password`?" in told
    assert "There is no config `nope`." in _told(bed, "update --config-add nope web")
    assert "There is no config `nope`." in _told(bed, "update --credential-spec config://nope web")


def test_an_engine_that_is_too_old_is_refused_in_the_clis_words() -> None:
    bed = made()
    line = "update --oom-score-adj 5 --health-start-interval 1s web"
    told = _told(bed, line)
    words = "requires API version {}, but the Docker daemon API version is 1.41."
    assert '"--oom-score-adj" ' + words.format("1.46") in told
    assert '"--health-start-interval" ' + words.format("1.44") in told
    assert "Nothing was changed." in told
    bed.swarm.speaks = "1.46"
    bed.done(line)
    container = bed.swarm.service("web").spec["TaskTemplate"]["ContainerSpec"]
    assert container["OomScoreAdj"] == 5
    assert container["Healthcheck"]["StartInterval"] == 10**9


def test_what_the_cli_does_and_does_not_say_stands_in_the_plan() -> None:
    bed = made()
    nothing = _told(bed, "update --env-rm NOPE --log-opt tag=hunter2 web")
    assert ":warning: --env-rm `NOPE` finds nothing" in nothing
    assert ":warning: --log-opt without --log-driver does nothing" in nothing
    shown = _told(bed, "update --dry-run --constraint-add nod.role==manager web")
    assert ":warning: no node ever matches `nod.role==manager`" in shown
    assert "did you mean `node.role`?" in shown
    rollout = bed.done("update --log-driver syslog --log-opt tag=hunter2 web")
    assert rollout.request.line == f"update --log-driver syslog --log-opt tag={HIDDEN} web"
    created = _told(bed, "create --name x --dry-run --log-opt a=b reg/httpd:v1")
    assert "--log-opt without --log-driver does nothing" in created
    assert "hunter2" not in nothing + shown + bed.parent(rollout.id).text


def test_a_revision_finds_its_secrets_by_name() -> None:
    bed = made()
    bed.swarm.add_secret("key")
    bed.done("update --secret-add key web")
    bed.done("update --secret-rm key web")
    bed.swarm.remove_kept("secret", "key")
    told = _told(bed, "rollback --to 2 web")
    assert "Revision 2 needs the secret key, which is gone." in told
    assert "`docker secret create key FILE`" in told
    again = bed.swarm.add_secret("key")
    shown = _told(bed, "rollback --to 2 --dry-run web")
    assert ":warning: the secret `key` was made anew since" in shown
    bed.done("rollback --to 2 web", "rolled_back")
    container = bed.swarm.service("web").spec["TaskTemplate"]["ContainerSpec"]
    assert [one["SecretID"] for one in container["Secrets"]] == [again]


def test_a_credential_spec_of_a_revision_finds_its_config_by_name() -> None:
    bed = made()
    bed.swarm.add_config("gmsa")
    bed.done("update --credential-spec config://gmsa web")
    bed.done("update --credential-spec '' web")
    bed.swarm.remove_kept("config", "gmsa")
    again = bed.swarm.add_config("gmsa")
    bed.done("rollback --to 2 web", "rolled_back")
    container = bed.swarm.service("web").spec["TaskTemplate"]["ContainerSpec"]
    assert container["Privileges"]["CredentialSpec"]["Config"] == again
    assert [one["ConfigID"] for one in container["Configs"]] == [again]
