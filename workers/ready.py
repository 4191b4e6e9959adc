"""Files that say that a worker's processes can work: for a container's health check."""

from pathlib import Path

import structlog

_log = structlog.get_logger("waggle.worker")


def mark(directory: Path | None, name: str) -> None:
    """Leave an empty file of that name; it stays. Nothing happens where no directory is set.

    Where it cannot be written, the log says so, and the work goes on: whoever looks for it, finds
    that this worker is not ready.
    """
    if directory is None:
        return
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        (directory / name).touch()
    except OSError as error:
        _log.error("not_marked_ready", directory=str(directory), error=error.strerror)
