"""Forms as Slack's modals: as recorded, and taken by the local workspace, which knows limits."""

import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.domain.form import (
    Form,
    create_form,
    deploy_form,
    node_choice_form,
    node_form,
    scale_form,
    update_form,
)
from bot.domain.inventory import NodeStock
from bot.domain.message import Content
from bot.domain.plan import FieldChange
from bot.domain.reply import DryRun
from bot.rendering import forms
from bot.rendering.voice import BlockKitVoice
from playground.workspace.blockkit import check_answer, check_view
from tests.builders import a_plan, a_stock
from tests.unit.rendering.golden_files import REWRITE
from tests.unit.rendering.test_escape import BAIT

VIEWS_FOLDER = Path(__file__).parent / "golden_views"
VOICE = BlockKitVoice(open_policy=True)
CARRIED = {"verb": "update", "target": "web", "channel": "C1"}
DRY = VOICE.private(DryRun(what="scale --dry-run web=4", plan=a_plan()))
DRAINED = NodeStock(name="n1", availability="drain", labels={"zone": "a"})
MANY = tuple(FieldChange(path=f"label l{n}", old=None, new="x" * 60) for n in range(400))
LONG = VOICE.private(DryRun(what="update web", changes=MANY))
VIEWS: dict[str, dict[str, Any]] = {
    "update": forms.form_view(update_form(a_stock(constraints=("node.role==worker",))), CARRIED),
    "update_global": forms.form_view(update_form(a_stock(replicas=None)), CARRIED),
    "update_stale": forms.form_view(update_form(a_stock(), ("The worker was last heard …",)), {}),
    "scale": forms.form_view(scale_form(a_stock()), CARRIED),
    "create": forms.form_view(create_form(), CARRIED),
    "node": forms.form_view(node_form(DRAINED), CARRIED),
    "node_choice": forms.form_view(node_choice_form(), {"verb": "node_update"}),
    "deploy": forms.form_view(deploy_form(channel=True), {"nowhere": True}),
    "review": forms.review_view("scale web=4", DRY, CARRIED, sends=True),
    "review_of_nothing": forms.review_view("scale web=3", DRY, CARRIED, sends=False),
    "waiting": forms.waiting_view("r-7k2mq9xw", CARRIED),
    "told": forms.told_view("Not allowed: <@U1ANN> has locked it."),
}


def recorded(name: str) -> dict[str, Any]:
    path = VIEWS_FOLDER / f"{name}.json"
    if os.environ.get(REWRITE):
        text = json.dumps(VIEWS[name], indent=1, ensure_ascii=False)
        path.write_text(text + "\n", encoding="utf-8")
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


@pytest.mark.parametrize("name", VIEWS)
def test_a_view_is_as_recorded(name: str) -> None:
    assert VIEWS[name] == recorded(name)


def test_every_recorded_view_is_one() -> None:
    assert {path.stem for path in VIEWS_FOLDER.glob("*.json")} == set(VIEWS)


@pytest.mark.parametrize("name", VIEWS)
def test_a_view_is_one_that_slack_takes(name: str) -> None:
    check_view(VIEWS[name])


def test_a_long_diff_is_shown_as_far_as_a_modal_goes() -> None:
    assert LONG.file_text is not None
    view = forms.review_view("x" * 5_000, LONG, CARRIED, sends=True)
    check_view(view)
    assert "label l399" in str(view["blocks"])
    endless = Content(text="t", file_name="f", file_text="line of a diff\n" * 60_000)
    view = forms.review_view("update web", endless, CARRIED, sends=True)
    check_view(view)
    assert "more lines" in str(view["blocks"][-2])


def _bait(make: Callable[..., Form], **fields: Any) -> dict[str, Any]:
    return forms.form_view(make(a_stock(BAIT, **fields)), {})


def test_what_others_have_named_is_obeyed_nowhere() -> None:
    for view in (
        _bait(update_form, image=BAIT, constraints=(BAIT,)),
        forms.review_view(BAIT, DRY, {}, sends=True),
        forms.told_view(BAIT),
    ):
        check_view(view)
        drawn = [str(b["text"]) for b in view["blocks"] if b["type"] == "section"]
        drawn += [str(b["elements"]) for b in view["blocks"] if b["type"] == "context"]
        assert not [text for text in drawn if "<!" in text or "<http" in text]


def test_errors_are_plain_text() -> None:
    told = forms.errors({"image": "The registry knows no `x:1`.\nDid you mean `x:2`?" + "y" * 900})
    assert told["image"].startswith("The registry knows no x:1. Did you mean x:2?")
    assert len(told["image"]) <= 500


def test_an_option_shows_its_end() -> None:
    word = f"registry.example.com/{'very/' * 20}web:2.4"
    options = forms.options([word, "web:1"])
    check_answer({"options": options})
    assert options[0]["value"] == word
    assert options[0]["text"]["text"].endswith("web:2.4")


def test_what_is_too_long_to_be_chosen_is_not_chosen_already() -> None:
    view = forms.form_view(update_form(a_stock(image="x" * 200)), {})
    check_view(view)
    assert "initial_option" not in view["blocks"][1]["element"]


def test_the_swarm_is_named_where_there_are_several() -> None:
    form = replace(scale_form(a_stock()), cluster="eu")
    assert "In the swarm `eu`." in str(forms.form_view(form, {})["blocks"])
    assert "In the swarm" not in str(forms.form_view(scale_form(a_stock()), {})["blocks"])
    view = forms.review_view("scale web=4", DRY, {}, sends=True, cluster="eu")
    assert "In the swarm `eu`." in str(view["blocks"])
