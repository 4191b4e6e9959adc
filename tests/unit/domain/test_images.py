"""Tags that somebody may have meant."""

import random

import pytest

from bot.domain import images
from bot.domain.images import canonical, nearest_tags

_TAGS = ("health", "2.2", "unhealthy", "v1", "v10", "v2", "v3", "sick", "crash", "latest", "2.4")


@pytest.mark.parametrize("seed", range(5))
def test_the_order_of_the_registry_does_not_matter(seed: int) -> None:
    known = list(_TAGS)
    random.Random(seed).shuffle(known)
    assert nearest_tags("v9", known, 5) == ["v3", "v2", "v1", "v10", "unhealthy"]
    assert nearest_tags("2.3", known, 2) == ["2.4", "2.2"]
    assert nearest_tags("heatlhy", known, 1) == ["health"]


def test_digits_count_as_numbers() -> None:
    assert nearest_tags("1.x", ["1.9", "1.10", "1.2"], 3) == ["1.9", "1.2", "1.10"]
    assert nearest_tags("9", ["1", "3", "2"], 2) == ["3", "2"]
    assert nearest_tags("r1.a", ["r1.b9", "r1.b10", "r1.b8"], 3)[:1] == ["r1.b9"]


def test_nothing_is_near_where_nothing_is() -> None:
    assert nearest_tags("v9", [], 5) == []


@pytest.mark.parametrize(
    ("text", "one"),
    [
        ("httpd", "httpd:latest"),
        ("library/httpd:2", "httpd:2"),
        ("docker.io/library/httpd:2", "httpd:2"),
        ("index.docker.io/httpd:2@sha256:ab", "httpd:2"),
        ("docker.io/reg/httpd:v2", "reg/httpd:v2"),
        ("reg/library/httpd:v2", "reg/library/httpd:v2"),
        ("localhost:5000/httpd", "localhost:5000/httpd:latest"),
        ("reg/httpd@sha256:ab", "reg/httpd"),
    ],
)
def test_an_image_has_one_spelling(text: str, one: str) -> None:
    assert canonical(text) == one


@pytest.mark.parametrize(
    ("word", "is_one"), [("web", False), ("web.api_1-x", False), ("a/b", True), ("a:1", True)]
)
def test_a_word_with_a_slash_or_a_tag_is_no_services_name(word: str, *, is_one: bool) -> None:
    assert images.is_repository(word) is is_one


def test_versions_the_highest_first() -> None:
    known = ["v9", "latest", "v10", "2.4", "2.10", "v10"]
    assert images.newest_first(known) == ["v10", "v9", "2.10", "2.4", "latest"]
