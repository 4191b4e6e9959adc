"""Socket Mode: reconnecting, acknowledging everything, refusing what is not ours."""

import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.integration.front_bed import FrontBed, front
from tests.waiting import eventually


@pytest.fixture
def bed() -> Iterator[FrontBed]:
    with front(socket_mode=True) as running:
        yield running


def answered(bed: FrontBed) -> bool:
    return bed.client.type("ann", "#ops", "/swarm help").status == "ok"


@pytest.mark.parametrize("reason", [None, "refresh_requested", "warning"])
def test_a_dropped_connection_is_replaced_within_seconds(bed: FrontBed, reason: str | None) -> None:
    for _ in range(3):
        bed.client.control("drop_sockets", reason=reason)
        eventually(lambda: answered(bed))
    eventually(bed.serves)


def test_an_outage_shows_in_readiness_and_ends(bed: FrontBed) -> None:
    bed.client.down()
    eventually(lambda: "slack: Socket Mode is not connected" in bed.problems())
    time.sleep(2)
    bed.client.up()
    eventually(lambda: answered(bed) and bed.serves())
    assert "ticket=" not in bed.log().replace("ticket=•••", "")


def test_48_commands_at_once_are_all_acknowledged(bed: FrontBed) -> None:
    with ThreadPoolExecutor(48) as pool:
        acks = list(
            pool.map(lambda n: bed.client.type("ann", "#ops", f"/swarm scale s{n}=1"), range(48))
        )
    assert {ack.status for ack in acks} == {"ok"}
    assert max(ack.seconds for ack in acks) < 3
    assert len(bed.rollouts()) == 48


def test_slow_commands_do_not_wait_for_each_other(bed: FrontBed) -> None:
    """The store is frozen: each command takes its whole 2.4 s, and all get their ack."""
    answered(bed)
    pids = [pid for pid in bed.valkey_pids() if bed.process and pid != bed.process.pid]
    for pid in pids:
        signal_to(pid, signal.SIGSTOP)
    try:
        with ThreadPoolExecutor(16) as pool:
            acks = list(
                pool.map(
                    lambda n: bed.client.type("ann", "#ops", f"/swarm scale s{n}=1"), range(16)
                )
            )
    finally:
        for pid in pids:
            signal_to(pid, signal.SIGCONT)
    assert {ack.status for ack in acks} == {"ok"}
    assert all("could not record" in (ack.shown or "") for ack in acks)


def signal_to(pid: int, number: int) -> None:
    os.kill(pid, number)


def test_another_workspace_is_refused() -> None:
    with front(socket_mode=True) as bed:
        bed.workspace.settings.team_id = "T0OTHER"
        ack = bed.client.type("ann", "#ops", "/swarm scale foreign=1")
        assert "own workspace only" in (ack.shown or "")
        assert not bed.rollouts()


def test_another_app_is_refused() -> None:
    with front(socket_mode=True) as bed:
        bed.workspace.settings.app_id = "A0OTHER"
        ack = bed.client.type("ann", "#ops", "/swarm scale foreign=1")
        assert "own workspace only" in (ack.shown or "")
        assert not bed.rollouts()


def test_sigterm_lets_a_command_under_way_have_its_ack(bed: FrontBed) -> None:
    pids = [pid for pid in bed.valkey_pids() if bed.process and pid != bed.process.pid]
    for pid in pids:
        signal_to(pid, signal.SIGSTOP)
    with ThreadPoolExecutor(1) as pool:
        typed = pool.submit(bed.client.type, "ann", "#ops", "/swarm scale last=1")
        time.sleep(0.5)
        assert bed.process is not None
        bed.process.send_signal(signal.SIGTERM)
        time.sleep(0.5)
        for pid in pids:
            signal_to(pid, signal.SIGCONT)
        assert "Understood" in (typed.result(10).shown or "")
    assert bed.process.wait(30) == 0
