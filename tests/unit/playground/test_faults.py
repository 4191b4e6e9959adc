from playground.workspace.faults import Fault, Faults


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_fault_hits_its_method_so_many_times() -> None:
    faults = Faults(Clock())
    faults.add(Fault("storm", "chat.*", left=2))

    assert faults.take("auth.test", "storm") is None
    assert faults.take("chat.update", "lose_reply") is None
    hits = [faults.take("chat.update", "storm") is not None for _ in range(3)]
    assert hits == [True, True, False]


def test_a_fault_without_a_count_lasts_until_its_time() -> None:
    clock = Clock()
    faults = Faults(clock)
    faults.add(Fault("slow", left=None, until=110.0))
    assert all(faults.take("api.test", "slow") for _ in range(10))

    clock.now = 110.0
    assert faults.take("api.test", "slow") is None


def test_a_fault_of_a_channel_hits_no_other_one() -> None:
    faults = Faults(Clock())
    faults.add(Fault("http_error", "chat.*", left=None, channel="C0GONE"))

    hits = [faults.take("chat.update", "http_error", channel=each) for each in ("C0OPS", "C0GONE")]
    assert [hit is not None for hit in hits] == [False, True]
    assert faults.take("chat.update", "http_error") is None
    assert faults.take("auth.test", "http_error", channel="C0GONE") is None


def test_an_outage_ends_by_itself_or_by_hand() -> None:
    clock = Clock()
    faults = Faults(clock)
    faults.take_down("503", 5.0)
    assert faults.down == "503"
    clock.now = 105.0
    assert faults.down is None

    faults.take_down("refuse", None)
    clock.now = 1e9
    assert faults.down == "refuse"
    faults.bring_up()
    assert faults.down is None
