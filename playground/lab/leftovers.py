"""Removing a lab, and saying what could not be removed."""

import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from playground.lab import engines, processes, registry
from playground.lab.errors import LabError
from playground.lab.network import Network
from playground.lab.shell import attempt, wait_until
from playground.lab.state import forget, is_note, load

_CGROUPS = Path("/sys/fs/cgroup")
_MARKS = (engines.MARK, registry.MARK)


def _cgroups(tag: str) -> list[Path]:
    # version 2 has one tree, version 1 one per controller
    return [p for p in (_CGROUPS / tag, *_CGROUPS.glob(f"*/{tag}")) if p.is_dir()]


def remove_cgroups(tag: str) -> None:
    """Remove the lab's cgroups; the kernel needs a moment after the last process."""

    def gone() -> bool:
        for top in _cgroups(tag):
            for path in sorted((p for p in top.rglob("*") if p.is_dir()), reverse=True):
                with suppress(OSError):
                    path.rmdir()
            with suppress(OSError):
                top.rmdir()
        return not _cgroups(tag)

    wait_until(gone, f"cgroups {tag} to empty", seconds=5)


def _mounts(directory: Path) -> list[str]:
    lines = Path("/proc/self/mounts").read_text().splitlines()
    points = [line.split()[1] for line in lines]
    return [p for p in points if p.startswith(f"{directory}/")]


def remove_files(directory: Path) -> None:
    """Remove the lab's directory, the note last."""
    if load(directory) is None:
        with suppress(OSError):
            directory.rmdir()  # killed before its first note
        return
    for point in reversed(_mounts(directory)):
        attempt(["umount", "-l", point])
    for path in directory.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        elif not is_note(path):
            path.unlink()
    forget(directory)


def _left(directory: Path, network: Network) -> Iterator[str]:
    for mark in _MARKS:
        yield from (f"process {pid}" for pid in processes.owned(mark, directory))
    yield from (f"link {name}" for name in network.links())
    yield from (f"network namespace {name}" for name in network.namespaces())
    yield from (f"cgroup {path}" for path in _cgroups(network.tag))
    yield from (f"mount {point}" for point in _mounts(directory))
    if directory.exists() and load(directory) is not None:
        yield f"directory {directory}"


def left(directory: Path, network: Network) -> list[str]:
    """Return what is left of a lab, piece by piece."""
    return list(_left(directory, network))


def clean(directory: Path, network: Network) -> None:
    """Remove everything that a lab made, also when it has lost its directory.

    Raises:
        LabError: naming what is left.
    """
    for mark in _MARKS:
        processes.end(mark, directory)
    network.remove()
    remove_cgroups(network.tag)
    remove_files(directory)
    still = left(directory, network)
    if still:
        raise LabError(f"left over: {', '.join(still)}")
