"""Gone back to a revision, but not to the letter: what was posted is known as that revision."""

import pytest

from bot.domain.change import ActionKind
from tests.unit.usecases.bed import Bed, made
from tests.unit.usecases.faults import crashing


def found(bed: Bed) -> list[int]:
    return [entry.number for entry in bed.history().entries if entry.found]


@pytest.mark.parametrize("flags", ["", "--update-parallelism 2"], ids=["one step", "two steps"])
def test_with_its_replicas_kept(flags: str) -> None:
    bed = made(3, flags)
    bed.done("update --image reg/httpd:v2 --replicas 5 web")
    bed.done("rollback --keep-replicas web", "rolled_back")
    assert (bed.replicas(), bed.history().current) == (5, 1)
    update = bed.done("update --image reg/httpd:v3 web")
    assert (found(bed), update.from_revision, update.to_revision) == ([], 1, 3)
    bed.done("rollback web", "rolled_back")
    assert (bed.replicas(), bed.image()) == (5, "reg/httpd:v1"), "what ran before, not fewer"
    assert found(bed) == []


def test_with_a_network_that_was_made_anew() -> None:
    bed = Bed()
    bed.swarm.create_network({"Name": "back", "Driver": "overlay"})
    bed.done("create --name web --network back reg/httpd:v1")
    bed.done("update --image reg/httpd:v2 --network-rm back web")
    for image in ("reg/httpd:v2", "reg/httpd:v3"):
        bed.swarm.remove_network("back")
        made_anew = bed.swarm.create_network({"Name": "back", "Driver": "overlay"})
        bed.done("rollback --to 1 web", "rolled_back")
        networks = bed.swarm.service("web").spec["TaskTemplate"]["Networks"]
        assert [network["Target"] for network in networks] == [made_anew]
        bed.type("unlock --reason tried web")
        bed.work()
        bed.done(f"update --image {image} --network-rm back web")
        assert found(bed) == []


def test_to_the_letter_again() -> None:
    bed = made(3, "--update-parallelism 2")
    bed.done("update --image reg/httpd:v2 --replicas 5 web")
    bed.done("rollback --keep-replicas web", "rolled_back")
    bed.done("scale web=3")
    assert found(bed) == []
    assert [entry.number for entry in bed.history().entries] == [1, 2, 3]


def test_with_todays_replicas_kept_once_more_in_the_middle_of_a_rollout() -> None:
    bed = crashing(made())
    bed.done("update --image reg/httpd:v2 --replicas 5 web")
    bed.done("rollback --keep-replicas web", "rolled_back")
    bed.done("scale web=7")
    live = bed.type("update --image reg/httpd:crash web")
    bed.until(live, "paused")
    bed.type("rollback --to 1 --keep-replicas web")
    bed.until(live, "rolled_back")
    assert (bed.image(), bed.replicas()) == ("reg/httpd:v1", 7)


def paused_without_its_secret() -> tuple[Bed, str]:
    """Return a bed in which `web` is on its way to a spec without its secret, and has paused."""
    bed = crashing(made())
    bed.swarm.add_secret("key")
    bed.done("update --secret-add key web")
    live = bed.type("update --image reg/httpd:crash --secret-rm key web")
    bed.until(live, "paused")
    bed.swarm.remove_kept("secret", "key")
    return bed, live


@pytest.mark.parametrize("how", ["button", "typed"])
def test_in_the_middle_of_a_rollout_with_a_secret_that_was_made_anew(how: str) -> None:
    bed, live = paused_without_its_secret()
    again = bed.swarm.add_secret("key")
    if how == "button":
        bed.click(ActionKind.ROLLBACK, live)
    else:
        bed.type("rollback web")
    bed.until(live, "rolled_back")
    container = bed.swarm.service("web").spec["TaskTemplate"]["ContainerSpec"]
    assert [one["SecretID"] for one in container["Secrets"]] == [again]
    assert found(bed) == []


@pytest.mark.parametrize("how", ["button", "typed"])
def test_in_the_middle_of_a_rollout_with_a_secret_that_is_gone(how: str) -> None:
    bed, live = paused_without_its_secret()
    posted = bed.writes()
    asked = bed.click(ActionKind.ROLLBACK, live) if how == "button" else bed.type("rollback web")
    bed.settle(5)
    assert bed.rollout(live).state.value == "paused"
    assert bed.writes() == posted
    assert "Revision 2 needs the secret key, which is gone." in bed.private(asked)
