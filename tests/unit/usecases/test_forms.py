"""Forms over a worker in memory: opened for who may, tried, shown, sent as shown."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.approval import Approval, approval_id
from bot.domain.change import ActionKind
from bot.domain.flags.verb import Verb
from bot.domain.form import Form
from bot.domain.grammar.wish import Wish
from bot.domain.inventory import Inventory, NodeStock
from bot.domain.policy import (
    NOBODY,
    ApprovalRule,
    Criterion,
    Environment,
    Members,
    On,
    Side,
    VerbGroup,
)
from bot.domain.request import Place
from bot.usecases.forms import Tried, Wrong
from bot.usecases.propose import AckKind
from tests.builders import a_stock
from tests.fakes.clock import FakeClock
from tests.fakes.leases import FakeLeases
from tests.unit.usecases.approving import a_policy
from tests.unit.usecases.bed import ANN, BOB, CHANNEL, made
from tests.unit.usecases.offices import SCALE, Office, rules


@pytest.fixture
def office() -> Office:
    return Office(made(2))


# -- what stands in a form


def test_it_is_filled_in_with_what_is_now(office: Office) -> None:
    assert office.form(office.asked())["image"] == "reg/httpd:v1"
    assert office.form(office.asked(SCALE)) == {"replicas": "2"}
    assert office.form(office.asked(Wish(Verb.NODE_UPDATE, "n1"))) == {
        "availability": "active",
        "label": "",
    }
    assert office.form(office.asked(Wish(Verb.NODE_UPDATE))) == {"node": ""}
    assert office.form(office.asked(Wish(Verb.UPDATE))) == {"service": ""}
    assert office.form(office.asked(Wish(Verb.UPDATE), nowhere=True)) == {
        "service": "",
        "channel": "",
    }
    assert office.bed.queue.jobs == []


def test_a_worker_that_is_away_is_said(office: Office) -> None:
    office.bed.clock.advance(timedelta(minutes=3))
    form = office.forms.open(office.asked())
    assert isinstance(form, Form)
    assert "last heard 3 min ago" in form.notes[0]


def everyone_leaves(office: Office) -> None:
    """Let all processes of the worker go; what it saw is not old yet."""
    leases = office.forms.propose.clusters
    assert isinstance(leases, FakeLeases)
    assert isinstance(leases.clock, FakeClock)
    leases.clock.advance(timedelta(days=2))


def test_a_form_says_that_nobody_is_there_to_carry_it_out(office: Office) -> None:
    form = office.forms.open(office.asked())
    assert isinstance(form, Form)
    assert form.notes == ()
    everyone_leaves(office)
    form = office.forms.open(office.asked())
    assert isinstance(form, Form)
    (note,) = form.notes
    assert note == (
        "The worker of `default` is away: no rollouts worker and no steward answers. Nothing "
        "happens before it is back."
    )


def test_what_is_filled_in_while_the_worker_is_away_is_told_so(office: Office) -> None:
    tried = office.forms.filled(office.asked(SCALE), {}, {"replicas": "3"})
    assert isinstance(tried, Tried)
    assert tried.away == ""
    everyone_leaves(office)
    tried = office.forms.filled(office.asked(SCALE), {}, {"replicas": "4"})
    assert isinstance(tried, Tried)
    assert tried.away.startswith("The worker of `default` is away: no rollouts worker")
    assert tried.away.endswith("shown here if it is back within 15m. Nothing was changed.")


def test_what_is_not_there_is_said_with_what_is_near(office: Office) -> None:
    assert "Did you mean `web`?" in office.refused(office.asked(Wish(Verb.SCALE, "wbe")))
    assert "no node `x9`" in office.refused(office.asked(Wish(Verb.NODE_UPDATE, "x9")))
    office.bed.inventories.known.clear()
    assert "No worker has told" in office.refused(office.asked())
    office.bed.inventories.down = True
    assert "does not answer" in office.refused(office.asked())


def test_what_a_form_cannot_change_is_said(office: Office) -> None:
    there = Inventory(services=(a_stock(replicas=None),))
    office.bed.inventories.keep("default", there)
    assert "nothing that this form could change" in office.refused(office.asked(SCALE))


# -- tried, shown, sent


def test_what_is_filled_in_is_a_dry_run_first_and_told_nowhere_else(office: Office) -> None:
    shown = office.tries(image="reg/httpd:v2", replicas="3")
    assert shown.changes
    assert shown.line == "update --image reg/httpd:v2 --replicas 3 web"
    assert "replicas: 2 → 3" in shown.content.text
    assert office.bed.slack.responses == []
    assert office.bed.writes() == 1  # its making


def test_what_was_shown_is_sent(office: Office) -> None:
    shown = office.tries(image="reg/httpd:v2")
    ack = office.forms.send(shown.record_id, office.asked())
    assert ack.kind is AckKind.ACCEPTED
    office.bed.until(ack.ids[0], "completed")
    assert office.bed.image() == "reg/httpd:v2"
    entries = [e for e in office.entries() if e.subject == ack.ids[0]]
    assert {entry.source for entry in entries} == {"form", "steward"}


def test_variables_are_set_and_their_values_shown_nowhere(office: Office) -> None:
    shown = office.tries(env="TOKEN=s3cret\nTZ=UT c")
    assert "s3cret" not in f"{shown.line} {shown.content}"
    assert "TOKEN" in shown.line
    assert "TOKEN" in shown.content.text
    ack = office.forms.send(shown.record_id, office.asked())
    assert "s3cret" not in ack.text
    office.bed.until(ack.ids[0], "completed")
    found = office.bed.swarm.service("web").spec["TaskTemplate"]["ContainerSpec"]["Env"]
    assert found[-2:] == ["TOKEN=s3cret", "TZ=UT c"]
    assert "s3cret" not in str(office.entries())
    assert office.form(office.asked())["env"] == ""


def test_an_env_file_is_pasted_whole(office: Office) -> None:
    lines = [f"SHOP_{number}=Don\u2019t &amp; <https://a|b>" for number in range(70)]
    text = "# of the shop\n\n" + "\n".join(lines)
    shown = office.tries(env=text, constraint="node.labels.a!=" + "x" * 2_900)
    ack = office.forms.send(shown.record_id, office.asked())
    office.bed.until(ack.ids[0], "completed")
    found = office.bed.swarm.service("web").spec["TaskTemplate"]["ContainerSpec"]["Env"]
    assert found[-70:] == lines


def test_what_is_wrong_in_a_box_is_said_at_the_box(office: Office) -> None:
    shown = office.form(office.asked())
    wrong = office.wrong(shown, shown | {"env": "# of the shop\nA=1\nB C=s3cret"})
    assert wrong.field == "env"
    assert "B C=••••" in wrong.text
    assert "s3cret" not in wrong.text
    wrong = office.wrong(shown, shown | {"constraint": "node.labels.a==\u202eb"})
    assert wrong.field == "constraint"
    assert "U+202E" in wrong.text


def test_a_plan_that_moved_is_not_sent(office: Office) -> None:
    shown = office.tries(SCALE, replicas="3")
    office.bed.swarm.post_outside("web", lambda spec: spec["Labels"].update(by="hand"))
    ack = office.forms.send(shown.record_id, office.asked(SCALE))
    office.bed.work()
    assert office.bed.rollout(ack.ids[0]).state.value == "refused"
    assert "has changed since you looked" in office.bed.rollout(ack.ids[0]).reason
    assert office.bed.replicas() == 2


def test_a_node_that_moved_is_not_changed(office: Office) -> None:
    wish = Wish(Verb.NODE_UPDATE, "n1")
    shown = office.tries(wish, label="zone=a")
    assert "label zone: a" in shown.content.text
    first = office.forms.send(shown.record_id, office.asked(wish))
    office.bed.work()
    assert office.bed.swarm.node("n1").labels == {"zone": "a"}
    assert office.bed.change(first.ids[0]).state.value == "applied"
    again = office.forms.send(shown.record_id, office.asked(wish))
    office.bed.work()
    assert office.bed.change(again.ids[0]).state.value == "refused"


def test_a_node_is_chosen_first(office: Office) -> None:
    asked = office.asked(Wish(Verb.NODE_UPDATE))
    assert office.choices.offered(asked, "node", "N1") == ["n1"]
    form = office.forms.chosen(asked, "n1", "")
    assert isinstance(form, Form)
    assert form.target == "n1"
    assert [each.name for each in form.fields] == ["availability", "label"]
    wrong = office.forms.chosen(asked, "x9", "")
    assert isinstance(wrong, Wrong)
    assert wrong.field == "node"
    assert "no node `x9`" in wrong.text


def test_only_nodes_that_one_may_change_are_offered(office: Office) -> None:
    asked = office.asked(Wish(Verb.NODE_UPDATE))
    office.bed.policies.policy = rules(VerbGroup.READ)
    assert office.choices.offered(asked, "node", "") == []
    assert "Not allowed" in office.refused(asked)
    office.bed.policies.policy = rules(VerbGroup.READ, VerbGroup.NODE)
    assert "n1" in office.choices.offered(asked, "node", "")
    assert office.form(asked) == {"node": ""}


def test_only_who_was_shown_it_sends_it(office: Office) -> None:
    shown = office.tries(SCALE, replicas="3")
    for record, by in ((shown.record_id, BOB), ("r-none", ANN), ("c-none", ANN)):
        ack = office.forms.send(record, office.asked(SCALE, by=by))
        assert ack.kind is AckKind.ERROR
        assert "is gone" in ack.text
    rollout = office.bed.type("scale web=4")
    assert office.forms.send(rollout, office.asked(SCALE)).kind is AckKind.ERROR


def test_nothing_to_change_is_nothing_to_send(office: Office) -> None:
    assert not office.tries(SCALE, replicas="2").changes


def test_what_the_registry_does_not_know_is_wrong_at_the_image(office: Office) -> None:
    shown = office.tries(image="reg/httpd:v9")
    assert shown.is_refused
    assert shown.about == "image"
    assert "knows no `reg/httpd:v9`" in shown.content.text


def test_a_repeated_delivery_is_tried_once(office: Office) -> None:
    asked = office.asked(SCALE)
    filled = {"replicas": "3"}
    assert isinstance(office.forms.filled(asked, {}, filled), Tried)
    assert isinstance(office.forms.filled(asked, {}, filled), Wrong)
    assert len(office.bed.queue.jobs) == 1


def test_without_a_store_nothing_is_tried_or_sent(office: Office) -> None:
    shown = office.tries(SCALE, replicas="3")
    office.bed.store.down = True
    assert office.forms.send(shown.record_id, office.asked()).kind is AckKind.UNAVAILABLE
    office.bed.inventories.down = True
    assert "does not answer" in office.wrong({}, {"replicas": "3"}).text


def test_what_is_wrong_is_said_at_its_field(office: Office) -> None:
    shown = office.form(office.asked())
    assert office.wrong(shown, shown | {"update-delay": "soon"}).field == "update-delay"
    assert "Nothing is said" in office.wrong(shown, shown).text


# -- who may


def test_a_form_takes_the_right_to_change_and_to_read(office: Office) -> None:
    bed = office.bed
    for may in ((), (VerbGroup.READ,), (VerbGroup.UPDATE,)):
        bed.policies.policy = rules(*may) if may else NOBODY
        assert "Not allowed" in office.refused(office.asked())
        assert "Not allowed" in office.refused(office.asked(Wish(Verb.UPDATE)))
    bed.policies.policy = rules(VerbGroup.READ, VerbGroup.UPDATE)
    assert office.form(office.asked())
    assert "Not allowed" in office.refused(office.asked(SCALE))
    assert "Not allowed" in office.refused(office.asked(Wish(Verb.CREATE)))
    assert "Not allowed" in office.refused(office.asked(Wish(Verb.NODE_UPDATE, "n1")))
    assert "Not allowed" in office.refused(office.asked(by=BOB))
    denied = [each for each in office.entries() if each.what == "denied"]
    assert {each.source for each in denied} == {"form"}


def test_what_stands_in_another_environment_is_shown_to_nobody(office: Office) -> None:
    office.bed.policies.policy = replace(
        rules(VerbGroup.READ, VerbGroup.UPDATE, environments=frozenset({"test"})),
        environments=(
            Environment(name="prod", match=Criterion(On.LABEL, "env=prod")),
            Environment(name="test"),
        ),
    )
    prod = a_stock("shop", side=Side(labels={"env": "prod"}))
    there = Inventory(services=(prod, a_stock("shot")), nodes=(NodeStock(name="n1"),))
    office.bed.inventories.keep("default", there)
    assert "Not allowed" in office.refused(office.asked(Wish(Verb.UPDATE, "shop")))
    assert "shop" not in office.refused(office.asked(Wish(Verb.UPDATE, "shap"))).replace("shap", "")
    assert office.choices.offered(office.asked(Wish(Verb.UPDATE)), "service", "sh") == ["shot"]


def test_rights_that_are_gone_are_asked_for_at_each_step(office: Office) -> None:
    shown = office.tries(SCALE, replicas="3")
    office.bed.policies.policy = rules(VerbGroup.READ)
    assert "Not allowed" in office.wrong({}, {"replicas": "3"}).text
    ack = office.forms.send(shown.record_id, office.asked(SCALE))
    assert ack.kind is AckKind.REFUSED
    assert office.bed.queue.jobs == []


def test_a_right_that_is_of_a_channel_is_none_where_the_channel_is_chosen(office: Office) -> None:
    may = (VerbGroup.READ, VerbGroup.UPDATE)
    office.bed.policies.policy = rules(*may, channels=frozenset({CHANNEL}))
    assert office.form(office.asked())
    anywhere = office.asked(Wish(Verb.UPDATE), nowhere=True, place=Place(channel=""))
    assert "Not allowed" in office.refused(anywhere)
    assert isinstance(office.forms.chosen(anywhere, "web", CHANNEL), Wrong)
    office.bed.policies.policy = rules(*may)
    assert isinstance(office.forms.chosen(anywhere, "web", CHANNEL), Form)
    tried = office.forms.with_choice(anywhere, "web", CHANNEL, "")
    assert (tried.wish.target, tried.place.channel) == ("web", CHANNEL)
    shown = office.tries(image="reg/httpd:v2")
    office.bed.policies.policy = rules(*may, channels=frozenset({CHANNEL}))
    assert office.forms.send(shown.record_id, office.asked(nowhere=True)).kind is AckKind.REFUSED


# -- menus


def test_tags_are_offered_and_whatever_is_typed(office: Office) -> None:
    while office.keeper.ask_a_registry():
        pass
    offered = office.choices.offered
    tags = ["reg/httpd:v3", "reg/httpd:v2", "reg/httpd:v1"]
    assert offered(office.asked(), "image", "") == tags
    assert offered(office.asked(), "image", "v2") == ["reg/httpd:v2", "v2"]
    assert offered(office.asked(), "image", "reg/httpd:v3")[0] == "reg/httpd:v3"
    assert offered(office.asked(), "image", "shop/web:2.4") == ["shop/web:2.4"]
    assert offered(office.asked(), "image", "Not One!") == []
    assert offered(office.asked(Wish(Verb.CREATE)), "image", "httpd") == ["httpd", *tags]
    assert offered(office.asked(), "image", "x" * 151) == []
    office.bed.inventories.down = True
    assert offered(office.asked(), "image", "v2") == []


def test_what_may_not_be_read_is_not_offered(office: Office) -> None:
    while office.keeper.ask_a_registry():
        pass
    office.bed.policies.policy = NOBODY
    assert office.choices.offered(office.asked(), "image", "v") == ["v"]
    assert office.choices.offered(office.asked(Wish(Verb.UPDATE)), "service", "") == []


def test_what_a_form_asked_for_can_be_planned_again(office: Office) -> None:
    """What moved made its approval void; what the form had shown binds no longer."""
    bed = office.bed
    bed.policies.policy = a_policy(
        ApprovalRule(required=1, approvers=Members(everyone=True)),
        match=Criterion(On.SERVICE, "web"),
        team=(ANN.user, BOB.user),
    )
    shown = office.tries(SCALE, replicas="3")
    assert "ask for approval" in shown.content.text
    ack = office.forms.send(shown.record_id, office.asked(SCALE))
    bed.work()
    name = approval_id(ack.ids[0])
    bed.swarm.post_outside("web", lambda spec: spec["Labels"].update(by="hand"))
    bed.click(ActionKind.APPROVE, name, BOB)
    bed.work()
    assert bed.rollout(ack.ids[0]).state.value == "refused"
    bed.click(ActionKind.PLAN_AGAIN, name, ANN)
    bed.work()
    stored = bed.store.get(Approval, name)
    assert stored is not None
    assert bed.rollout(stored.value.again).state.value == "awaiting"
