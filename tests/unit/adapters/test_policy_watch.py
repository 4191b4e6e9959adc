import threading

from bot.adapters.policy_watch import PolicyWatch
from bot.ports import StoreUnavailableError


def test_it_goes_on_looking_also_while_redis_is_away() -> None:
    looks: list[str] = []
    twice = threading.Event()

    def look() -> None:
        looks.append(threading.current_thread().name)
        if len(looks) == 1:
            raise StoreUnavailableError("away")
        twice.set()

    PolicyWatch(look).start()
    assert twice.wait(10)
    assert set(looks) == {"policy-watch"}
