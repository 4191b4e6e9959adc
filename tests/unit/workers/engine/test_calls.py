"""What becomes of an answer that comes over HTTP."""

from typing import Any, cast

import docker
import pytest
import requests

from workers.engine.calls import FEWER, EngineCalls
from workers.engine.failures import TooLongError
from workers.engine.tasks import list_services

_BAD = (
    b"<html><body><h1>400 Bad request</h1>\nYour browser sent an invalid request.\n</body></html>"
)


class HaProxy:
    """Stands in for the client; takes URLs of so many bytes, as HAProxy does."""

    base_url = "http://proxy"
    api_version = "1.41"

    def __init__(self, longest: int) -> None:
        self.longest = longest
        self.lengths: list[int] = []

    def request(self, method: str, url: str, *, params: Any, **_: Any) -> requests.Response:
        asked = requests.Request(method, url, params=params).prepare()
        self.lengths.append(len(asked.url or ""))
        answer = requests.Response()
        is_long = self.lengths[-1] > self.longest
        answer.status_code, answer._content = (400, _BAD) if is_long else (200, b"[]")
        return answer


def _behind(proxy: HaProxy) -> EngineCalls:
    return EngineCalls(lambda: cast("docker.APIClient", proxy))


def test_a_400_of_a_proxy_is_asked_again_with_fewer_and_only_once() -> None:
    ids = [f"{number:025}" for number in range(2 * FEWER)]
    proxy = HaProxy(longest=8_000)
    assert list_services(_behind(proxy), ids) == []
    assert [length > proxy.longest for length in proxy.lengths] == [True, False, False]
    narrow = HaProxy(longest=4_000)
    with pytest.raises(TooLongError):
        list_services(_behind(narrow), ids)
    assert len(narrow.lengths) == 2
