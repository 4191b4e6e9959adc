"""What moved is said in words, each thing once; and never nothing when something did."""

from dataclasses import replace

import pytest

from bot.domain.approval import moved_change, moved_plan, votes_lost
from bot.domain.change import Change, ChangeKind
from bot.domain.change import fingerprint as change_fingerprint
from bot.domain.drain import Drain
from bot.domain.plan import Plan, fingerprint
from bot.domain.spec import spec_hash
from tests.builders import a_plan, a_request, a_spec
from tests.unit.domain.approval.samples import a_vote, an_approval
from tests.unit.rendering.samples_changes import a_moving

OLD = a_plan(digest_new="sha256:" + "a" * 64, policy_hash="one")


def marked(plan: Plan) -> Plan:
    return replace(plan, fingerprint=fingerprint(plan))


def test_the_same_plan_has_not_moved() -> None:
    assert moved_plan(marked(OLD), marked(OLD)) == ()


def test_a_changed_service_is_told_field_by_field() -> None:
    spec = a_spec(replicas=5)
    new = replace(OLD, base_spec=spec, base_hash=spec_hash(spec))
    assert moved_plan(OLD, new) == ("web was changed meanwhile: replicas 3 → 5",)


def test_a_network_that_it_joined_is_told_by_its_name() -> None:
    spec = a_spec(Networks=[{"Target": "n1"}])
    new = replace(OLD, base_spec=spec, base_hash=spec_hash(spec), network_names={"n1": "shop_back"})
    assert moved_plan(OLD, new) == ("web was changed meanwhile: +network shop_back",)


def test_a_service_that_is_another_one() -> None:
    assert moved_plan(OLD, replace(OLD, service_id="other", base_hash="x")) == (
        "web was removed and made anew",
    )


def test_a_service_that_was_not_there() -> None:
    new = replace(OLD, base_spec=None, base_hash=None)
    assert moved_plan(OLD, new) == ("web was changed meanwhile",)


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"digest_new": "sha256:" + "b" * 64}, "it was aaaaaaaaaaaa and is bbbbbbbbbbbb now"),
        ({"digest_new": ""}, "it was aaaaaaaaaaaa and is not resolved now"),
        ({"policy_hash": "two"}, "the policy was changed (one → two)"),
        ({"to_revision": 3}, "it would go back to revision 3, not None"),
    ],
)
def test_each_other_thing(fields: dict[str, object], told: str) -> None:
    (line,) = moved_plan(OLD, replace(OLD, **fields))  # type: ignore[arg-type]  # any field
    assert told in line


def test_what_has_no_words_of_its_own_is_still_said() -> None:
    new = replace(OLD, desired_hash="other")
    assert moved_plan(marked(OLD), marked(new)) == (
        "the same command makes another spec of web now",
    )


def a_change(**fields: object) -> Change:
    values = {"id": "c-1", "cluster": "default", "kind": ChangeKind.RM, "target": "web"}
    known = {"request": a_request(), "target_id": "s1", "base_hash": "h", "policy_hash": "one"}
    return Change(**{**values, **known, **fields})  # type: ignore[arg-type]  # any field


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"target_id": "s2", "base_hash": "i"}, ("web was removed and made anew",)),
        ({"base_hash": "i"}, ("web was changed meanwhile",)),
        ({"policy_hash": "two"}, ("the policy was changed (one → two)",)),
        ({"fingerprint": "x"}, ("the same command means something else for web now",)),
        ({}, ()),
    ],
)
def test_a_change_of_one_step(fields: dict[str, object], told: tuple[str, ...]) -> None:
    assert moved_change(a_change(), a_change(**fields)) == told


def test_what_comes_back_with_a_node_is_bound() -> None:
    def drain(*homeless: str, returns: bool = True, ids: str = "svc") -> Change:
        services = (a_moving(each, homeless=1, service_id=f"{ids}-{each}") for each in homeless)
        plain = a_change(
            target="n2", drain=Drain(services=(a_moving(), *services), returns=returns)
        )
        return replace(plain, fingerprint=change_fingerprint(plain))

    assert moved_change(drain(), drain()) == ()
    assert moved_change(drain("db"), drain("db")) == ()
    assert moved_change(drain("db"), drain("db", "kv")) == (
        "what comes back with n2 was db and is db, kv now",
    )
    assert moved_change(drain(), drain("db")) == (
        "what comes back with n2 was nothing and is db now",
    )
    (told,) = moved_change(drain("db"), drain("db", ids="new"))
    assert told == "the same command means something else for n2 now"
    assert drain().fingerprint != drain(returns=False).fingerprint


def test_votes_that_count_no_more_are_named() -> None:
    approval = an_approval(votes=(a_vote("U2BOB"), a_vote("U3CAT")))
    assert votes_lost(approval, {"U2BOB", "U3CAT"}) == ""
    told = votes_lost(approval, {"U3CAT"})
    assert told == "<@U2BOB> may not approve it any more: 1 of 2 are left"
    told = votes_lost(approval, ())
    assert told == "<@U2BOB>, <@U3CAT> may not approve it any more: 0 of 2 are left"
