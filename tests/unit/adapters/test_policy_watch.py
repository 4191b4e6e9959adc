import threading

from bot.adapters.policy_watch import PolicyWatch
from bot.ports import StoreUnavailableError


def test_it_goes_on_looking_whatever_comes_of_a_look() -> None:
    looks: list[str] = []
    thrice = threading.Event()

    def look() -> None:
        looks.append(threading.current_thread().name)
        if len(looks) == 1:
            raise StoreUnavailableError("away")
        if len(looks) == 2:
            raise ValueError("what nobody thought of")
        thrice.set()

    PolicyWatch(look).start()
    assert thrice.wait(10)
    assert set(looks) == {"policy-watch"}
