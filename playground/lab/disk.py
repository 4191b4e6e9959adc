"""The disk of a node: memory, where there is plenty of it.

Raft writes each change down before it counts. On a disk that is slow for a while, busy with what
another lab has deleted for instance, the Engine says "context deadline exceeded" after 20 s, and
tests would tell of the disk, not of Waggle.
"""

from pathlib import Path

from playground.lab.shell import run

PLENTY = 8 << 30
"""Bytes that must be free: three swarms of three nodes take less than half of it."""
_LARGEST = "4g"


def free_memory() -> int:
    """Return how many bytes of memory can be had without swapping (MemAvailable)."""
    for line in Path("/proc/meminfo").read_text().splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) << 10
    return 0


def insert(directory: Path, tag: str, *, free: int | None = None) -> None:
    """Make a node's directory, of memory if `free` bytes of it are plenty; one in use stays.

    The mount bears the lab's tag, by which it is found again wherever it went.
    """
    directory.mkdir(mode=0o700, exist_ok=True)
    if directory.is_mount() or any(directory.iterdir()):
        return
    if (free_memory() if free is None else free) >= PLENTY:
        options = f"mode=0700,size={_LARGEST}"
        run(["mount", "-t", "tmpfs", "-o", options, tag, str(directory)])
