"""Which API an edit needs."""

import pytest

from bot.domain.spec import newer_than
from tests.unit.domain.spec.editing import edits

IMAGE_MOUNT = ('"type=image" of a mount', "1.48")


@pytest.mark.parametrize(
    ("version", "flags", "needs"),
    [
        ("1.41", "--oom-score-adj 5", [('"--oom-score-adj"', "1.46")]),
        ("1.46", "--oom-score-adj 5", []),
        ("1.100", "--oom-score-adj 5", []),
        ("1.41", "--health-start-interval 5s --health-start-interval 6s --force",
         [('"--health-start-interval"', "1.44")]),
        ("1.41", "--ulimit-add core=1 --cap-add KILL --max-concurrent 1 --limit-pids 5", []),
        ("1.40", "--ulimit-rm core --limit-pids 5",
         [('"--ulimit-rm"', "1.41"), ('"--limit-pids"', "1.41")]),
        ("1.44", "--mount-add type=volume,source=a,target=/a,volume-subpath=b",
         [('"volume-subpath" of a mount', "1.45")]),
        ("1.41", "--mount-add type=volume,source=a,target=/a", []),
        ("1.43", ("--mount-add type=bind,source=/a,target=/a,readonly,bind-recursive=readonly,"
         "bind-propagation=rprivate"), [('"bind-recursive=readonly" of a mount', "1.44")]),
        ("1.47", "--mount-add type=image,source=a,target=/a", [IMAGE_MOUNT]),
    ],
)  # fmt: skip
def test_what_an_engine_does_not_know(
    version: str, flags: str, needs: list[tuple[str, str]]
) -> None:
    assert newer_than(version, edits(f"update {flags} web"), creating=False) == needs


def test_a_create_is_judged_by_its_own_flags() -> None:
    line = edits("create --name web --health-start-interval 1s --sysctl a=1 shop/web")
    assert newer_than("1.41", line, creating=True) == [('"--health-start-interval"', "1.44")]
    assert newer_than("1.24", line, creating=True)[1:] == [('"--sysctl"', "1.40")]
