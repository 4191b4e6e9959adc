"""A root file system to build images on, where no registry can be asked for one.

It is the Python of this machine's own release and what that depends on, as apt resolves it, by the
mirrors, proxies and keys that apt is set up with. The packages are unpacked into one tar, and none
of their scripts is run: that took 20 s where debootstrap's whole system took 200, and a third of
the room (measured). It is for the lab: nobody keeps it up to date.
"""

import io
import re
import subprocess
import tarfile
from pathlib import Path
from typing import IO

from playground.lab.errors import CannotRunError, LabError
from playground.lab.packages import fetch
from playground.lab.shell import run

PACKAGES = ("python3", "libstdc++6", "busybox-static")
"""Wheels expect the C++ library (manylinux), a Dockerfile's RUN the commands of busybox."""

_MERGED = ("bin", "lib", "lib64", "sbin")
_USELESS = re.compile(r"usr/share/(doc|info|lintian|locale|man)/")
_PLACES = {"dev": 0o755, "proc": 0o555, "root": 0o700, "run": 0o755, "sys": 0o555, "tmp": 0o1777}
_FILES = {
    "etc/passwd": b"root:x:0:0:root:/root:/bin/sh\n",
    "etc/group": b"root:x:0:\n",
}


def root_file_system(to: Path, scratch: Path) -> None:
    """Write the tar, for `docker import`.

    Args:
        to: the file.
        scratch: an empty directory, for the packages; the caller removes it.

    Raises:
        CannotRunError: the packages cannot be had; the text has apt's words.
        LabError: a package cannot be read.
    """
    packages = fetch(PACKAGES, scratch)
    if not packages:
        raise CannotRunError(f"apt-get downloaded nothing for {', '.join(PACKAGES)}")
    with tarfile.open(to, "w") as out:
        root = Root(out)
        for package in packages:
            root.unpack(package)
        root.finish(run(["busybox", "--list"]).split())


class Root:
    """The tar that is being written; a name is taken by whoever comes first."""

    def __init__(self, out: tarfile.TarFile) -> None:
        self._out = out
        self._names: set[str] = set()
        for name in _MERGED:
            self._link(name, f"usr/{name}")

    def unpack(self, package: Path) -> None:
        """Copy what a package holds to where it belongs."""
        command = ["dpkg-deb", "--fsys-tarfile", str(package)]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
            try:
                with tarfile.open(fileobj=process.stdout, mode="r|") as source:
                    self.copy(source)
            except tarfile.TarError as error:
                raise LabError(f"{package.name} cannot be unpacked: {error}") from error

    def copy(self, source: tarfile.TarFile) -> None:
        """Copy one package, of which only the names that nobody took before."""
        for entry in source:
            entry.name = placed(entry.name)
            if entry.name in self._names or _USELESS.match(f"{entry.name}/") or not entry.name:
                continue
            if entry.islnk():
                entry.linkname = placed(entry.linkname)
            self._add(entry, source.extractfile(entry) if entry.isreg() else None)

    def finish(self, applets: list[str]) -> None:
        """Add what no package has: accounts, empty places, a command for each of busybox's own."""
        for name, content in _FILES.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(content), 0o644
            self._add(entry, io.BytesIO(content))
        for name, mode in _PLACES.items():
            entry = tarfile.TarInfo(name)
            entry.type, entry.mode = tarfile.DIRTYPE, mode
            if name not in self._names:
                self._add(entry)
        for applet in applets:
            if not {f"usr/bin/{applet}", f"usr/sbin/{applet}"} & self._names:
                self._link(f"usr/bin/{applet}", "busybox")

    def _link(self, name: str, target: str) -> None:
        entry = tarfile.TarInfo(name)
        entry.type, entry.linkname = tarfile.SYMTYPE, target
        self._add(entry)

    def _add(self, entry: tarfile.TarInfo, content: IO[bytes] | None = None) -> None:
        self._names.add(entry.name)
        self._out.addfile(entry, content)


def placed(name: str) -> str:
    """Return where a package's file belongs in a system whose /bin and the like are in /usr.

    The root itself is the empty text.
    """
    plain = name.removeprefix(".").strip("/")
    top = plain.partition("/")[0]
    return f"usr/{plain}" if top in _MERGED else plain
