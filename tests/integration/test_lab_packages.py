"""What the lab says and does where something is missing; apt is a script here."""

import os
import sys
from pathlib import Path

import pytest

from playground.lab import CannotRunError, packages
from playground.lab.cli import main

LOCKED = "echo 'E: Could not get lock /var/lib/apt/lists/lock.' >&2; exit 100"


@pytest.fixture
def system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A system for root on Linux that has only the binaries put into this directory."""
    monkeypatch.setattr(packages, "clean_environment", lambda: {"PATH": str(tmp_path)})
    monkeypatch.setattr(packages, "_why_no_namespaces", lambda: None)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    return tmp_path


def put(system: Path, name: str, script: str = "") -> None:
    (system / name).write_text(f"#!/bin/sh\n{script}\n")
    (system / name).chmod(0o755)


def test_without_apt_it_names_what_is_missing(system: Path) -> None:
    for name in ("ip", "iptables", "unshare", "nsenter", "setsid", "busybox", "docker"):
        put(system, name)
    assert packages.why_not() == (
        "missing dockerd, docker-registry and no apt-get to install them "
        "(Debian: docker-registry, docker.io)"
    )
    with pytest.raises(CannotRunError, match="missing dockerd"):
        packages.install()


def test_it_needs_root(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert main(["up"]) == 1
    assert "needs root" in capsys.readouterr().err


def test_it_needs_linux(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    assert packages.why_not() == "a swarm needs Linux namespaces, and this is darwin"


def test_a_dynamic_busybox_is_not_enough(system: Path) -> None:
    (system / "busybox").write_bytes(b"\x7fELF" + b"\0" * 500 + b"/lib64/ld-linux-x86-64.so.2\0")
    (system / "busybox").chmod(0o755)
    assert packages.missing()["busybox (static)"] == "busybox-static"
    put(system, "busybox")
    assert "busybox (static)" not in packages.missing()


def test_it_updates_installs_and_fetches_the_client_where_it_is_apart(system: Path) -> None:
    calls = system / "calls"
    # what each package brings, as on Debian 13: the client is in docker-cli
    bring = f"""
shift 2; echo "$@" >>{calls}
for p in "$@"; do case $p in
  docker.io) touch {system}/dockerd ;;
  docker-cli) touch {system}/docker ;;
  docker-registry|iptables) touch {system}/$p ;;
  busybox-static) touch {system}/busybox ;;
  iproute2) touch {system}/ip ;;
  util-linux) touch {system}/unshare {system}/nsenter {system}/setsid ;;
esac; done; chmod +x {system}/*"""
    put(system, "apt-get", bring)
    packages.install()
    install = "install -y -qq --no-install-recommends"
    assert calls.read_text().splitlines() == [
        "update -qq",
        f"{install} busybox-static docker-registry docker.io iproute2 iptables util-linux",
        f"{install} docker-cli",
    ]
    assert packages.missing() == {}


def test_it_waits_for_the_lock_of_another_apt(
    system: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries = system / "tries"
    put(system, "apt-get", f"echo x >>{tries}; [ $(wc -l <{tries}) -gt 2 ] || {{ {LOCKED}; }}")
    monkeypatch.setattr(packages, "_RETRY", 0.01)
    packages._apt("update")
    assert tries.read_text() == "x\nx\nx\n"


def test_a_failure_of_apt_is_told_in_its_words(system: Path) -> None:
    put(system, "apt-get", "echo 'E: Unable to locate package docker.io' >&2; exit 100")
    with pytest.raises(CannotRunError, match=r"apt-get update -qq: E: Unable to locate package"):
        packages.install()
