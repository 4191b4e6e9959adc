"""The lab's base for images: where the files of Debian's packages go."""

import io
import tarfile
from pathlib import Path

import pytest

from playground.lab.debian import Root, placed


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("./", ""),
        (".", ""),
        ("./bin/busybox", "usr/bin/busybox"),
        ("./lib/x86_64-linux-gnu/libc.so.6", "usr/lib/x86_64-linux-gnu/libc.so.6"),
        ("./lib64/ld-linux-x86-64.so.2", "usr/lib64/ld-linux-x86-64.so.2"),
        ("./usr/lib/python3.11/os.py", "usr/lib/python3.11/os.py"),
        ("./etc/.pwd.lock", "etc/.pwd.lock"),
        ("./library/x", "library/x"),
    ],
)
def test_what_belongs_below_usr_goes_there(name: str, place: str) -> None:
    assert placed(name) == place


def package(**files: str) -> tarfile.TarFile:
    """Return a package's tar: a name and what stands in it; a text `→ x` makes a hard link."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        for name, content in files.items():
            entry = tarfile.TarInfo(f"./{name}")
            if content.startswith("→ "):
                entry.type, entry.linkname = tarfile.LNKTYPE, f"./{content[2:]}"
            entry.size = 0 if entry.islnk() else len(content)
            tar.addfile(entry, io.BytesIO(content.encode()))
    packed.seek(0)
    return tarfile.open(fileobj=packed, mode="r|")


def made(tmp_path: Path, *packages: tarfile.TarFile) -> dict[str, tarfile.TarInfo]:
    with tarfile.open(tmp_path / "root.tar", "w") as out:
        root = Root(out)
        for each in packages:
            root.copy(each)
        root.finish(["sh", "tar"])
    with tarfile.open(tmp_path / "root.tar") as found:
        names = found.getnames()
        assert len(names) == len(set(names))
        return {entry.name: entry for entry in found}


def test_packages_become_one_system_without_their_manuals(tmp_path: Path) -> None:
    first = package(**{"bin/tar": "tar", "usr/share/doc/tar/copyright": "…", "etc/x": "1"})
    second = package(**{"etc/x": "2", "sbin/other": "→ bin/tar"})
    root = made(tmp_path, first, second)
    assert root["bin"].linkname == "usr/bin"
    assert (root["usr/bin/tar"].size, root["etc/x"].size) == (3, 1)
    assert root["usr/sbin/other"].linkname == "usr/bin/tar"
    assert not [name for name in root if "share/doc" in name]


def test_busybox_fills_in_what_no_package_has(tmp_path: Path) -> None:
    root = made(tmp_path, package(**{"bin/tar": "tar"}))
    assert root["usr/bin/sh"].linkname == "busybox"
    assert root["usr/bin/tar"].isreg()
    assert (root["tmp"].mode, root["root"].mode) == (0o1777, 0o700)
    assert root["etc/passwd"].size > 0
