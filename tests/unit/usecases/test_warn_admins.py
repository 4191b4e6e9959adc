import pytest

from bot.adapters.speaker import Speaker
from bot.domain.policy import NOBODY, Members, Policy
from bot.domain.policy_version import PolicyVersion, found
from bot.ports import Put, StoreUnavailableError, Transaction
from bot.rendering.voice import BlockKitVoice
from bot.usecases.warn_admins import WarnAdmins
from tests.fakes.budget import FakeBudget
from tests.fakes.clock import FakeClock
from tests.fakes.leases import all_well
from tests.fakes.policy import FakePeople, FakePolicies
from tests.fakes.slack_writer import FakeSlackWriter
from tests.fakes.store import FakeRecordStore

TWO = Members(users=frozenset({"U002", "U001"}), groups=frozenset({"S001"}))
POLICY = Policy(hash="h", roles={"admin": TWO, "ops": Members(users=frozenset({"U003"}))})
PROBLEM = "policy.yaml:3:5: unknown key `rolls`; did you mean roles?"


class World:
    """Two processes that look at one file, over one store and one Slack."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.store = FakeRecordStore(clock=self.clock)
        self.slack = FakeSlackWriter(clock=self.clock)
        self.policies = FakePolicies(POLICY)
        self.people = FakePeople()
        self.swarms = all_well("default")
        self.speaker = Speaker(self.store, self.slack, FakeBudget(), self.clock)

    def process(self) -> WarnAdmins:
        return WarnAdmins(
            store=self.store,
            policies=self.policies,
            voice=BlockKitVoice(open_policy=False),
            clock=self.clock,
            mouth=self.speaker,
            people=self.people,
            swarms=self.swarms,
        )

    def look(self, cluster: str = "default") -> None:
        """Let a swarm's steward look at the file."""
        stored = self.store.get(PolicyVersion, cluster)
        before = stored.value if stored else PolicyVersion(id=cluster, cluster=cluster)
        after = found(before, self.policies.policy.hash, self.policies.wrong)
        put = Put(record=after, rev=stored.rev if stored else 0)
        self.store.commit(Transaction(cluster=cluster, puts=(put,)))

    def told(self) -> list[tuple[str, str]]:
        return [(each.channel, each.content.text) for each in self.slack.messages]


def test_nobody_is_told_while_nothing_is_wrong() -> None:
    world = World()
    world.process().run("default")
    assert world.told() == []


def test_each_admin_is_told_once_whoever_sees_it_first() -> None:
    world = World()
    bot, steward = world.process(), world.process()
    world.policies.wrong = PROBLEM
    for each in (bot, steward, bot, steward, world.process()):
        each.run("default")
    (one, text), (other, _) = world.told()
    assert {one, other} == {world.slack.open_dm("U001"), world.slack.open_dm("U002")}
    assert "the last good one stays in force" in text
    assert "policy.yaml:3:5" in text
    assert "`waggle policy check FILE`" in text


def test_another_problem_is_told_again_and_an_old_one_is_not() -> None:
    world = World()
    process = world.process()
    for wrong in (PROBLEM, "policy.yaml:4:1: another", PROBLEM):
        world.policies.wrong = wrong
        process.run("default")
        world.look()
    assert len(world.told()) == 4


def test_what_was_mended_and_is_broken_again_is_told_again_once() -> None:
    world = World()
    bot, steward = world.process(), world.process()
    for round_, wrong in enumerate((PROBLEM, "", PROBLEM, "", PROBLEM)):
        world.policies.wrong = wrong
        world.look()
        for each in (bot, steward, bot, world.process()):
            each.run("default")
        assert len(world.told()) == 2 * (round_ // 2 + 1)


@pytest.mark.parametrize("looks", [("default", "us"), ("us",), ("default",)])
def test_with_several_swarms_each_breakage_is_told_once_whichever_steward_saw_the_others(
    looks: tuple[str, ...],
) -> None:
    """A steward that was away, or is new, has counted fewer."""
    world = World()
    world.swarms = all_well("default", "us")
    here, there = world.process(), world.process()
    for round_, wrong in enumerate((PROBLEM, "", PROBLEM, "", "policy.yaml:4:1: another")):
        world.policies.wrong = wrong
        for cluster in looks:
            world.look(cluster)
        for process, cluster in ((here, "default"), (there, "us"), (world.process(), "us")):
            process.run(cluster)
        assert len(world.told()) == 2 * (round_ // 2 + 1)


def test_who_is_an_admin_by_a_group_is_told_as_well_and_nobody_twice() -> None:
    world = World()
    world.people.members["S001"] = {"U002", "U007"}
    world.policies.wrong = PROBLEM
    world.process().run("default")
    people = ("U001", "U002", "U007")
    assert {to for to, _ in world.told()} == {world.slack.open_dm(user) for user in people}
    assert len(world.told()) == 3


def test_when_slack_does_not_tell_who_is_in_the_group_the_users_are_told() -> None:
    world = World()
    world.people.members["S001"], world.people.away = {"U007"}, True
    world.policies.wrong = PROBLEM
    world.process().run("default")
    people = ("U001", "U002")
    assert {to for to, _ in world.told()} == {world.slack.open_dm(user) for user in people}


def test_a_long_list_is_cut() -> None:
    world = World()
    world.policies.wrong = "\n".join(f"policy.yaml:{n}:1: wrong" for n in range(1, 13))
    world.process().run("default")
    text = world.told()[0][1]
    assert "policy.yaml:10:1" in text
    assert "policy.yaml:11:1" not in text
    assert "… and 2 more" in text


def test_without_admins_nobody_is_told() -> None:
    world = World()
    world.policies.policy, world.policies.wrong = Policy(), PROBLEM
    world.process().run("default")
    assert world.told() == []


def test_who_never_saw_a_good_file_leaves_it_to_who_did() -> None:
    world = World()
    world.policies.wrong = PROBLEM
    fresh = world.process()
    fresh.policies = FakePolicies(NOBODY, PROBLEM)
    fresh.run("default")
    assert world.told() == []
    world.process().run("default")
    assert len(world.told()) == 2


def test_a_process_that_is_killed_before_slack_heard_loses_nothing() -> None:
    """The rows are there; the steward's speaker sends what is due."""
    world = World()
    world.policies.wrong = PROBLEM

    class Killed:
        def flush_one(self, message_id: str) -> None:
            raise KeyboardInterrupt(message_id)

    process = world.process()
    process.mouth = Killed()
    with pytest.raises(KeyboardInterrupt):
        process.run("default")
    assert world.told() == []
    world.process().run("default")
    while world.speaker.flush("default", 10):
        pass
    assert len(world.told()) == 2


def test_with_redis_away_it_is_tried_again() -> None:
    world = World()
    world.policies.wrong = PROBLEM
    process = world.process()

    world.store.down = True
    with pytest.raises(StoreUnavailableError):
        process.run("default")
    world.store.down = False
    process.run("default")
    assert len(world.told()) == 2
