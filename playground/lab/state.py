"""What a lab writes down about itself, and who may work on it."""

import hashlib
import json
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from playground.lab import processes
from playground.lab.errors import LabError

_FILE = "lab.json"
_LONGEST_DIR = 60  # a unix socket's path has 107 bytes, and containerd's lie deep


@dataclass(frozen=True, slots=True)
class State:
    """A lab's note in its directory.

    It is there before anything else is made, and goes last: what has one is a lab and may be
    removed. The names of links, namespaces and cgroups follow from the directory alone, so that
    `down` finds them even without it.
    """

    net: str
    nodes: int
    managers: int
    ready: bool = False
    owner: int = 0  # the process whose end makes the lab a leftover; 0: it stays until `down`
    owner_birth: str = ""

    @property
    def abandoned(self) -> bool:
        """Tell whether the lab had an owner that is gone."""
        return self.owner > 0 and processes.birth(self.owner) != self.owner_birth

    def save(self, directory: Path) -> None:
        """Write the note, whole or not at all."""
        new = directory / f"{_FILE}.new"
        new.write_text(json.dumps(asdict(self)))
        new.replace(directory / _FILE)


def load(directory: Path) -> State | None:
    """Return the note of a lab, None if there is no lab in the directory.

    Raises:
        LabError: if the note cannot be read.
    """
    try:
        return State(**json.loads((directory / _FILE).read_text()))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError, TypeError) as error:
        raise LabError(f"{directory / _FILE} is no note of a lab: {error}") from error


def forget(directory: Path) -> None:
    """Remove the note and the directory, which must be empty of all else."""
    for name in (f"{_FILE}.new", _FILE):
        (directory / name).unlink(missing_ok=True)
    directory.rmdir()


def is_note(path: Path) -> bool:
    """Tell whether a file of the lab's directory is its note."""
    return path.name.startswith(_FILE)


def tag_of(directory: Path) -> str:
    """Return what the names of this lab's links, namespaces and cgroups begin with."""
    return "wl" + hashlib.sha256(str(directory).encode()).hexdigest()[:8]


def check_dir(directory: Path) -> None:
    """Refuse a directory that cannot hold a lab.

    Raises:
        LabError: it says why.
    """
    if len(str(directory)) > _LONGEST_DIR:
        raise LabError(f"{directory} is too long for unix sockets: at most {_LONGEST_DIR} bytes")
    if not directory.parent.is_dir():
        raise LabError(f"{directory.parent} is no directory")
    if load(directory) is None and directory.exists() and any(directory.iterdir()):
        raise LabError(f"{directory} is neither empty nor a lab")


@contextmanager
def alone(name: str, *, seconds: float) -> Iterator[None]:
    """Hold a lock on this machine, by an abstract socket: it ends with us and leaves no file.

    Raises:
        LabError: if another process still holds it after `seconds`.
    """
    end = time.monotonic() + seconds
    with socket.socket(socket.AF_UNIX) as lock:
        while not _bound(lock, name):
            if time.monotonic() > end:
                raise LabError(f"another process is working on {name}")
            time.sleep(0.02)
        yield


def _bound(lock: socket.socket, name: str) -> bool:
    try:
        lock.bind(f"\0waggle-lab:{name}")
    except OSError:
        return False
    return True


def me() -> tuple[int, str]:
    """Return our pid and birth, for `State.owner` and `State.owner_birth`."""
    return os.getpid(), processes.birth(os.getpid())
