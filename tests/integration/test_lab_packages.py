"""What the lab says and does where something is missing; apt is a script here."""

import os
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


def test_it_needs_linux() -> None:
    assert packages.why_not("darwin") == "a swarm needs Linux namespaces, and this is darwin"


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


def test_it_waits_for_the_lock_of_another_apt(system: Path) -> None:
    tries = system / "tries"
    put(system, "apt-get", f"echo x >>{tries}; [ $(wc -l <{tries}) -gt 2 ] || {{ {LOCKED}; }}")
    packages._apt("update", pause=0.01)
    assert tries.read_text() == "x\nx\nx\n"


def test_a_failure_of_apt_is_told_in_its_words(system: Path) -> None:
    put(system, "apt-get", "echo 'E: Unable to locate package docker.io' >&2; exit 100")
    with pytest.raises(CannotRunError, match=r"apt-get update -qq: E: Unable to locate package"):
        packages.install()


DOWNLOADS = """
echo "$@" >>{tries}
case "$*" in
*update*) touch {lists} ;;
*) [ -e {lists} ] || {{ echo 'E: Unable to locate package' >&2; exit 100; }}
   for word; do case $word in Dir::Cache=*) : >${{word#Dir::Cache=}}/archives/p.deb ;; esac; done ;;
esac
"""


def test_packages_are_downloaded_as_onto_an_empty_system(system: Path, tmp_path: Path) -> None:
    tries, lists, to = system / "tries", system / "lists", tmp_path / "packages"
    put(system, "apt-get", DOWNLOADS.format(tries=tries, lists=lists))
    assert packages.fetch(("python3", "busybox-static"), to) == [to / "archives" / "p.deb"]
    first, update, second = tries.read_text().splitlines()
    assert "--download-only install python3 busybox-static" in first
    assert f"-o Dir::State::status={to}/status" in first
    assert "update -qq" in update
    assert second == first
    assert (to / "status").read_text() == ""


def test_packages_that_cannot_be_had_are_told_in_the_words_of_apt(
    system: Path, tmp_path: Path
) -> None:
    put(system, "apt-get", "echo 'E: Temporary failure resolving deb.debian.org' >&2; exit 100")
    with pytest.raises(CannotRunError, match="Temporary failure resolving"):
        packages.fetch(("python3",), tmp_path / "packages")


def test_without_apt_nothing_is_downloaded(system: Path, tmp_path: Path) -> None:
    with pytest.raises(CannotRunError, match="no apt-get"):
        packages.fetch(("python3",), tmp_path / "packages")


def test_one_more_package_is_installed_once(system: Path) -> None:
    tries, lists = system / "tries", system / "lists"
    bring = f"""
echo "$*" >>{tries}
case "$*" in
*update*) touch {lists} ;;
*) [ -e {lists} ] || exit 100; touch {system}/docker-compose; chmod +x {system}/* ;;
esac"""
    put(system, "apt-get", bring)
    for _ in range(2):
        assert packages.install_also("docker-compose") == str(system / "docker-compose")
    install = "-o DPkg::Lock::Timeout=60 install -y -qq --no-install-recommends docker-compose"
    update = "-o DPkg::Lock::Timeout=60 update -qq"
    assert tries.read_text().splitlines() == [install, update, install]


def test_one_more_package_takes_root_and_apt(system: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(CannotRunError, match="docker-compose is missing"):
        packages.install_also("docker-compose")
    put(system, "apt-get", "touch /nowhere/at/all")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(CannotRunError, match="takes root"):
        packages.install_also("docker-compose")


def test_a_package_without_its_binary_is_told(system: Path) -> None:
    put(system, "apt-get")
    with pytest.raises(CannotRunError, match="has no binary"):
        packages.install_also("docker-compose")
