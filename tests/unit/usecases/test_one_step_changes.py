"""rm, node and network changes: one message, once, and rm only after a click."""

from datetime import timedelta

import pytest

from bot.domain.change import ActionKind
from bot.domain.policy import NOBODY
from bot.ports import SlackRefusedError
from tests.fakes.swarm import FakeSwarm
from tests.unit.usecases.bed import BOB, Bed, KilledError, made
from tests.unit.usecases.faults import once


def test_rm_waits_for_a_click_and_then_removes() -> None:
    bed = made()
    change = bed.type("rm web")
    bed.work()
    assert bed.change(change).state.value == "confirming"
    assert "web" in bed.parent(change).text
    assert [service.name for service in bed.swarm.services()] == ["web"]
    bed.click(ActionKind.CONFIRM, change, BOB)
    bed.work()
    done = bed.change(change)
    assert (done.state.value, done.confirmed_by) == ("applied", BOB.user)
    assert bed.swarm.services() == []
    assert bed.shown_state(change) == "applied"


def test_rm_can_be_cancelled_and_clicked_once_only() -> None:
    bed = made()
    change = bed.type("rm web")
    bed.work()
    bed.click(ActionKind.CANCEL, change)
    bed.work()
    late = bed.click(ActionKind.CONFIRM, change)
    bed.work()
    assert bed.change(change).state.value == "cancelled"
    assert "cancelled already" in bed.private(late)
    assert bed.swarm.services()


def test_the_click_comes_too_late_after_ten_minutes() -> None:
    bed = made()
    change = bed.type("rm web")
    bed.work()
    bed.tick(601)
    assert bed.change(change).state.value == "cancelled"
    assert bed.shown_state(change) == "cancelled"


def test_rm_of_what_has_changed_since_is_not_done() -> None:
    bed = made()
    change = bed.type("rm web")
    bed.work()
    bed.swarm.post_outside("web", lambda spec: spec["Mode"]["Replicated"].update(Replicas=5))
    bed.click(ActionKind.CONFIRM, change)
    bed.work()
    assert bed.change(change).state.value == "failed"
    assert bed.swarm.services()


def test_rm_under_a_rollout_is_refused() -> None:
    bed = made()
    bed.type("update --image reg/httpd:v2 web")
    bed.work()
    change = bed.type("rm web")
    bed.work()
    assert "abort web" in bed.private(change)


def test_node_labels_are_changed_and_nothing_else() -> None:
    bed = Bed()
    change = bed.type("node update --label-add env=prod --availability drain n2")
    bed.work()
    assert bed.change(change).state.value == "draining"
    node = bed.swarm.node("n2")
    assert (node.labels, node.availability, node.role) == ({"env": "prod"}, "drain", "worker")
    again = bed.type("node update --label-add env=prod n2")
    bed.work()
    assert bed.change(again).state.value == "unchanged"
    assert "Nothing to do: n2 is like that already.\n" in bed.private(again)


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        ("node update --label-rm env n2", "no label `env`"),
        ("node update --availability drain n9", "There is no node `n9`"),
        ("node update --availability drain self", "A change names its node: `node inspect self`"),
        ("network rm bck", "`backend`"),
        ("network create backend", "exists already"),
        ("network rm ingress", "`ingress` is Docker's own"),
        ("network rm host", "`host` is Docker's own"),
        ("network rm inress", "There are: `backend`."),
        ("rm wep", "`web`"),
    ],
)
def test_refusals_are_private(line: str, hint: str) -> None:
    bed = made()
    bed.swarm.create_network({"Name": "backend", "Driver": "overlay"})
    writes = bed.writes()
    change = bed.type(line)
    bed.work()
    assert bed.change(change).state.value == "refused"
    assert hint in bed.private(change)
    assert bed.writes() == writes


def test_networks_are_made_and_removed() -> None:
    bed = Bed()
    made_one = bed.type("network create backend")
    bed.work()
    assert bed.change(made_one).state.value == "applied"
    removed = bed.type("network rm backend")
    bed.work()
    assert bed.change(removed).state.value == "applied"
    assert "backend" not in [network.name for network in bed.swarm.networks()]


@pytest.mark.parametrize("more", ["", " --dry-run"])
def test_a_new_network_shows_all_that_it_is_made_with(more: str) -> None:
    bed = Bed()
    change = bed.type(
        "network create --attachable --internal --subnet 10.20.0.0/16 --gateway 10.20.0.1 "
        f"--label team=shop --opt token=hush{more} mynet"
    )
    bed.work()
    told = bed.private(change) if more else bed.parent(change).text
    for line in (
        "+ network: mynet",
        "+ driver: overlay",
        "+ attachable: true",
        "+ internal: true",
        "+ subnet: 10.20.0.0/16",
        "+ gateway: 10.20.0.1",
        "+ label team: shop",
        "+ option token: \u2022\u2022\u2022\u2022",
    ):
        assert line in told
    assert "ipv6" not in told


def test_with_force_a_network_that_is_not_there_is_no_error() -> None:
    bed = Bed()
    change = bed.type("network rm --force backend")
    bed.work()
    assert bed.change(change).state.value == "unchanged"
    assert "Nothing to do: there is no network backend.\n" in bed.private(change)
    assert bed.writes() == 0


@pytest.mark.parametrize(
    ("code", "hint"),
    [("channel_not_found", "/invite"), ("is_archived", "another one"), ("odd", "log")],
)
def test_where_nothing_can_be_posted_the_way_out_is_named(code: str, hint: str) -> None:
    bed = Bed()
    bed.slack.fail_channel("C1", SlackRefusedError(code))
    change, rollout = bed.type("network create x"), bed.type("create --name web reg/httpd:v1")
    bed.work()
    for private in (bed.private(change), bed.private(rollout)):
        assert code in private
        assert hint in private
    assert bed.writes() == 0


def test_a_network_in_use_fails_in_dockers_words() -> None:
    bed = Bed()
    bed.swarm.create_network({"Name": "backend", "Driver": "overlay"})
    bed.done("create --name web --network backend reg/httpd:v1")
    change = bed.type("network rm backend")
    bed.work()
    assert bed.change(change).state.value == "failed"
    assert "in use" in bed.change(change).reason


@pytest.mark.parametrize(
    "line", ["node update --label-add a=b --dry-run n1", "network create x --dry-run"]
)
def test_dry_run_changes_nothing(line: str) -> None:
    bed = Bed()
    change = bed.type(line)
    bed.work()
    assert bed.change(change).state.value == "shown"
    assert bed.private(change)
    assert bed.writes() == 0


def test_not_in_the_channel_refuses_before_anything_changes() -> None:
    bed = Bed()
    bed.slack.fail_channel("C1", SlackRefusedError("not_in_channel"))
    change = bed.type("node update --availability drain n2")
    bed.work()
    assert bed.change(change).state.value == "refused"
    assert "/invite" in bed.private(change)
    assert bed.writes() == 0


def test_no_policy_lets_nobody() -> None:
    bed = Bed(policy=NOBODY)
    change = bed.type("node update --availability drain n2")
    rollout = bed.type("create --name web reg/httpd:v1")
    bed.work()
    assert "Not allowed" in bed.private(change)
    assert "Not allowed" in bed.private(rollout)
    assert bed.writes() == 0


@pytest.mark.parametrize(
    "point",
    [
        "change.after_plan",
        "change.after_post",
        "change.before_call",
        "change.after_call",
        "change.after_made",
    ],
)
@pytest.mark.parametrize("line", ["node update --label-add env=prod n2", "network create backend"])
def test_a_kill_anywhere_makes_one_change_and_one_message(line: str, point: str) -> None:
    bed = Bed()
    killed = False

    def fault(at: str) -> None:
        nonlocal killed
        if at == point and not killed:
            killed = True
            raise KilledError(at)

    bed.fault = fault
    change = bed.type(line)
    with pytest.raises(KilledError):
        bed.work()
    bed.use = bed.wired()
    bed.settle(20)
    assert bed.change(change).state.value == "applied"
    assert bed.writes() == 1
    assert len(bed.parents(change)) == 1


def _fingerprint(line: str) -> str:
    bed = Bed()
    change = bed.type(line)
    bed.work()
    return bed.change(change).fingerprint


def test_every_change_has_a_fingerprint_of_what_it_does() -> None:
    one = _fingerprint("network create back")
    assert len(one) == 64
    assert _fingerprint("network create --reason again back") == one
    assert _fingerprint("network create --attachable back") != one
    assert _fingerprint("network create front") != one


def test_a_command_that_waited_too_long_is_refused() -> None:
    bed = made()
    bed.swarm.unavailable = True
    change, rollout = bed.type("network create x"), bed.type("scale web=9")
    bed.clock.advance(timedelta(minutes=16))
    bed.work()
    bed.swarm.unavailable = False
    assert "waited too long" in bed.private(change)
    assert "waited too long" in bed.private(rollout)


def test_a_node_is_promoted_and_demoted() -> None:
    bed = Bed()
    up = bed.type("node promote n2")
    bed.work()
    assert bed.change(up).state.value == "applied"
    assert bed.swarm.node("n2").role == "manager"
    told = bed.parent(up).text
    assert "role: worker → manager" in told
    assert "2 managers stand the loss of none" in told
    down = bed.type("docker node demote n2")
    bed.work()
    assert bed.change(down).state.value == "applied"
    assert bed.swarm.node("n2").role == "worker"
    last = bed.type("node demote --force n1")
    bed.work()
    assert "n1 is the last manager" in bed.private(last)


def with_managers(count: int) -> Bed:
    """Return a bed of so many nodes, all of them managers."""
    bed = Bed()
    bed.swarm = FakeSwarm(bed.clock, [f"n{n}" for n in range(1, count + 1)])
    bed.use = bed.wired()
    for n in range(2, count + 1):
        bed.type(f"node promote n{n}")
        bed.work()
    return bed


def test_a_demotion_that_leaves_an_even_number_says_so() -> None:
    bed = with_managers(3)
    change = bed.type("node demote n3")
    bed.work()
    assert bed.change(change).state.value == "applied"
    assert "2 managers are left" in bed.parent(change).text
    assert bed.swarm.node("n3").role == "worker"


def test_a_demotion_that_loses_the_majority_needs_force() -> None:
    bed = with_managers(3)
    bed.swarm.node_down("n2")
    refused = bed.type("node demote n3")
    bed.work()
    assert bed.change(refused).state.value == "refused"
    assert "only 1 of 2 managers answer" in bed.private(refused)
    assert bed.swarm.node("n3").role == "manager"
    forced = bed.type("node update --role worker --force n3")
    bed.work()
    assert bed.change(forced).state.value == "applied"
    assert "only 1 of 2 managers answer" in bed.parent(forced).text
    assert bed.swarm.node("n3").role == "worker"


def test_demotions_that_are_fine_one_by_one_do_not_lose_the_majority_together() -> None:
    bed = with_managers(4)
    bed.swarm.node_down("n4")
    both: list[str] = []

    def another() -> None:
        both.append(bed.type("node demote n3"))
        bed.work()

    bed.fault = once("change.before_call", another)
    first = bed.type("node demote n2")
    bed.work()
    assert bed.change(both[0]).state.value == "applied"
    failed = bed.change(first)
    assert failed.state.value == "failed"
    assert "without n2 only 1 of 2 managers answer" in failed.reason
    assert [bed.swarm.node(name).role for name in ("n2", "n3")] == ["manager", "worker"]


def test_a_node_that_is_down_is_removed_after_a_click() -> None:
    bed = made()
    bed.swarm.node_down("n3")
    change = bed.type("docker node rm n3")
    bed.work()
    assert bed.change(change).state.value == "confirming"
    assert "This goes once somebody clicks Remove" in bed.parent(change).text
    assert "n3" in {node.hostname for node in bed.swarm.nodes()}
    bed.click(ActionKind.CONFIRM, change, BOB)
    bed.work()
    assert bed.change(change).state.value == "applied"
    assert "n3" not in {node.hostname for node in bed.swarm.nodes()}


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("node rm n3", "only a node that is down can be removed"),
        ("node rm --force n1", "n1 is a manager, and those cannot be removed"),
        ("node rm n9", "There is no node `n9`"),
    ],
)
def test_a_node_that_the_engine_would_keep_is_kept(line: str, says: str) -> None:
    bed = Bed()
    change = bed.type(line)
    bed.work()
    assert bed.change(change).state.value == "refused"
    assert says in bed.private(change)
    assert bed.writes() == 0


def test_with_force_a_node_that_is_up_goes_too() -> None:
    bed = Bed()
    change = bed.type("node rm --force n3")
    bed.work()
    bed.click(ActionKind.CONFIRM, change)
    bed.work()
    assert bed.change(change).state.value == "applied"
    assert "n3" not in {node.hostname for node in bed.swarm.nodes()}
    assert bed.swarm.writes == [("node_rm", "n3")]
