"""Removing a lab, and saying what could not be removed."""

import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from playground.lab import engines, processes, registry
from playground.lab.errors import LabError
from playground.lab.network import Network
from playground.lab.shell import attempt, wait_until
from playground.lab.state import forget, is_note, load, tag_of

_CGROUPS = Path("/sys/fs/cgroup")
_PATIENCE = 30.0
"""Seconds that the kernel may take to empty a cgroup; on a busy machine 5 were not enough."""
_MARKS = (engines.MARK, registry.MARK)


def _cgroups(tag: str) -> list[Path]:
    # version 2 has one tree, version 1 one per controller
    return [p for p in (_CGROUPS / tag, *_CGROUPS.glob(f"*/{tag}")) if p.is_dir()]


def remove_cgroups(tag: str, seconds: float) -> None:
    """Remove the lab's cgroups; the kernel needs a moment after the last process.

    Raises:
        LabError: if some are left after that time.
    """

    def gone() -> bool:
        for top in _cgroups(tag):
            for path in sorted((p for p in top.rglob("*") if p.is_dir()), reverse=True):
                with suppress(OSError):
                    path.rmdir()
            with suppress(OSError):
                top.rmdir()
        return not _cgroups(tag)

    wait_until(gone, f"cgroups {tag} to empty", seconds=seconds)


def _mounts(directory: Path) -> list[str]:
    """Return where what the lab has mounted is: its nodes' disks wherever, all else below it."""
    tag = tag_of(directory)
    words = [line.split() for line in Path("/proc/self/mounts").read_text().splitlines()]
    found = [(source, point) for source, point, *_ in words]
    below = f"{directory}/" if load(directory) else None  # a stranger's own are not ours
    return [p for s, p in found if s == tag or (below and p.startswith(below))]


def remove_files(directory: Path) -> None:
    """Remove what is in the lab's directory, but not the note."""
    for point in reversed(_mounts(directory)):
        attempt(["umount", "-l", point])
    if load(directory) is None:
        with suppress(OSError):
            directory.rmdir()  # killed before its first note
        return
    for path in directory.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        elif not is_note(path):
            path.unlink()


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


def clean(directory: Path, network: Network, *, patience: float = _PATIENCE) -> None:
    """Remove everything that a lab made, also when it has lost its directory.

    A cgroup that stays keeps nothing else from going but the note, by which the next one to clean
    up finds it.

    Args:
        directory: the lab's.
        network: the lab's.
        patience: seconds to wait for cgroups to empty.

    Raises:
        LabError: naming what is left.
    """
    for mark in _MARKS:
        processes.end(mark, directory)
    network.remove()
    with suppress(LabError):  # told below, with all else that is left
        remove_cgroups(network.tag, patience)
    remove_files(directory)
    if load(directory) is not None and not _cgroups(network.tag):
        forget(directory)
    still = left(directory, network)
    if still:
        raise LabError(f"left over: {', '.join(still)}")
