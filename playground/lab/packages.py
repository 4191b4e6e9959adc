"""What the lab needs from the system, and whether this machine can run it."""

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from playground.lab.errors import CannotRunError, LabError
from playground.lab.shell import clean_environment, run

_PACKAGE_OF = {
    "dockerd": "docker.io",
    "docker": "docker.io",
    "docker-registry": "docker-registry",
    "ip": "iproute2",
    "iptables": "iptables",
    "busybox": "busybox-static",
    "unshare": "util-linux",
    "nsenter": "util-linux",
    "setsid": "util-linux",
}
_LOCK_WAIT = 300.0  # seconds for another apt to end
_LOCKED = re.compile(r"Could not get lock|Unable to (acquire|lock)")
_RETRY = 1.0  # seconds
_NAMESPACES = ("--net", "--uts", "--mount", "--pid", "--fork")


def which(binary: str) -> str | None:
    """Return the path of a binary, also from sbin, which is not in everyone's PATH."""
    return shutil.which(binary, path=clean_environment()["PATH"])


def _is_static(binary: str) -> bool:
    # PT_INTERP names the dynamic loader; a static binary has none. The path is text in the header.
    return b"/ld-linux" not in Path(binary).read_bytes()[:4096]


def missing() -> dict[str, str]:
    """Return binary → Debian package for everything the lab needs and this machine lacks."""
    absent = {b: package for b, package in _PACKAGE_OF.items() if which(b) is None}
    busybox = which("busybox")
    if busybox is not None and not _is_static(busybox):  # the image has no libc to offer
        absent["busybox (static)"] = "busybox-static"
    return absent


def why_not(platform: str = sys.platform) -> str | None:
    """Tell why a swarm cannot run on this machine, or None if it can.

    What is missing but can be installed by apt is no reason.
    """
    if platform != "linux":
        return f"a swarm needs Linux namespaces, and this is {platform}"
    if os.geteuid() != 0:
        return "a swarm needs root (namespaces, bridges, dockerd)"
    absent = missing()
    if absent and which("apt-get") is None:
        packages = ", ".join(sorted(set(absent.values())))
        return f"missing {', '.join(absent)} and no apt-get to install them (Debian: {packages})"
    return _why_no_namespaces()


def _why_no_namespaces() -> str | None:
    if which("unshare") is None:
        return None
    probe = ["ip", "link", "add", "wlprobe", "type", "bridge"] if which("ip") else ["true"]
    try:
        run(["unshare", *_NAMESPACES, *probe])
    except LabError as error:
        return f"no network namespace or bridge can be made here: {error}"
    return None


def install() -> None:
    """Install by apt what is missing.

    Raises:
        CannotRunError: if this machine cannot run a swarm, or apt could not install a package.
    """
    reason = why_not()
    if reason:
        raise CannotRunError(reason)
    absent = missing()
    if not absent:
        return
    wanted = sorted(set(absent.values()))
    print(f"installing {' '.join(wanted)}", flush=True)
    _apt("update", "-qq")
    _apt("install", "-y", "-qq", "--no-install-recommends", *wanted)
    if "docker" in missing():  # since Debian 13 the client is a package of its own
        _apt("install", "-y", "-qq", "--no-install-recommends", "docker-cli")
    still = missing()
    reason = f"still missing after apt-get install: {', '.join(still)}" if still else why_not()
    if reason:  # without `ip`, a bridge could not be tried before
        raise CannotRunError(reason)


def install_also(package: str) -> str:
    """Install by apt a package that the lab itself can do without; do nothing if it is there.

    Args:
        package: it brings a binary of its own name.

    Returns:
        The path of that binary.

    Raises:
        CannotRunError: it cannot be installed here; the text says why.
    """
    if which(package) is None:
        if os.geteuid() != 0 or which("apt-get") is None:
            raise CannotRunError(f"{package} is missing, and takes root and apt-get to install")
        install = ("install", "-y", "-qq", "--no-install-recommends", package)
        if _apt_once(*install) is not None:  # the lists are missing, or old
            _apt("update", "-qq")
            _apt(*install)
    found = which(package)
    if found is None:
        raise CannotRunError(f"the package {package} has no binary of that name")
    return found


def fetch(names: Sequence[str], to: Path) -> list[Path]:
    """Download packages with all that they depend on, as onto an empty system; install nothing.

    Args:
        names: of packages of this machine's own release.
        to: an empty directory, for the packages and apt's notes.

    Returns:
        The packages' files.

    Raises:
        CannotRunError: there is no apt, or it could not; the text has its words.
    """
    if which("apt-get") is None:
        raise CannotRunError("Debian packages are needed, and there is no apt-get")
    (to / "archives" / "partial").mkdir(parents=True)
    (to / "status").touch()  # nothing is installed: so nothing is left out
    options = (
        *(f"Dir::State::status={to}/status", f"Dir::Cache={to}"),
        *("APT::Sandbox::User=root", "Debug::NoLocking=1"),
    )
    words = [word for option in options for word in ("-o", option)]
    download = (*words, "-y", "-qq", "--no-install-recommends", "--download-only", "install")
    if _apt_once(*download, *names) is not None:  # the lists are missing, or old
        _apt("update", "-qq")
        _apt(*download, *names)
    return sorted((to / "archives").glob("*.deb"))


def _apt(*arguments: str, pause: float = _RETRY) -> None:
    end = time.monotonic() + _LOCK_WAIT
    while (words := _apt_once(*arguments)) is not None:
        # DPkg::Lock::Timeout does not cover the lock of the package lists
        if not _LOCKED.search(words) or time.monotonic() > end:
            raise CannotRunError(f"apt-get {' '.join(arguments)}: {words.strip()}")
        time.sleep(pause)


def _apt_once(*arguments: str) -> str | None:
    """Run apt-get to its end, whatever happens: a dpkg killed halfway leaves the system broken."""
    # apt needs the proxy that everything else here must not have
    environment = dict(os.environ) | {"DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C"}
    with subprocess.Popen(
        ["apt-get", "-o", "DPkg::Lock::Timeout=60", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
        start_new_session=True,
    ) as process:  # leaving the block waits, also on ^C
        _, words = process.communicate()
    return None if process.returncode == 0 else words or f"exit status {process.returncode}"
