"""What a filled-in form means as a line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.errors import UserError
from bot.domain.flags.verb import Verb
from bot.domain.form import (
    Form,
    check_visible,
    create_form,
    deploy_form,
    field_of,
    node_form,
    scale_form,
    typed_line,
    update_form,
)
from bot.domain.grammar import Answer, Command, parse
from bot.domain.grammar.wish import Wish
from bot.domain.inventory import NodeStock
from tests.builders import a_stock

UPDATE = Wish(Verb.UPDATE, "web")


def shown(form: Form) -> dict[str, str]:
    return {each.name: each.value for each in form.fields}


NOW = shown(update_form(a_stock()))


def test_what_is_left_as_it_was_is_not_said() -> None:
    assert typed_line(UPDATE, NOW, NOW) == "update web"
    line = typed_line(UPDATE, NOW, NOW | {"replicas": "4", "update-order": "start-first"})
    assert line == "update --replicas 4 --update-order start-first web"


def test_a_list_is_said_entry_by_entry() -> None:
    before = NOW | {"constraint": "node.role==worker\nnode.labels.a==1"}
    after = before | {"constraint": " node.labels.a==1 \n\nnode.labels.b!=x y\nnode.labels.b!=x y"}
    assert typed_line(UPDATE, before, after) == (
        "update --constraint-rm node.role==worker --constraint-add 'node.labels.b!=x y' web"
    )


def test_a_label_is_known_by_its_key() -> None:
    wish = Wish(Verb.NODE_UPDATE, "n1", "eu")
    before, after = {"label": "zone=a\nold=1\nsame=1"}, {"label": "same=1\nzone=b\nnew="}
    line = typed_line(wish, before, after)
    assert line == (
        "node update --cluster eu --label-rm old --label-add zone=b --label-add new= n1"
    )
    assert isinstance(parse(line), Command)


def test_variables_are_added_to_those_that_are_there() -> None:
    assert NOW["env"] == ""
    line = typed_line(UPDATE, NOW, NOW | {"env": "A=b c\n\nTOKEN='x\"\n"})
    command = parse(line)
    assert isinstance(command, Command)
    assert [(e.flag, e.value) for e in command.edits] == [
        ("env-add", "A=b c"),
        ("env-add", "TOKEN='x\""),
    ]
    assert "b c" not in command.canonical


@pytest.mark.parametrize("text", ["PATH", "=s3cret", "--force"])
def test_a_variable_that_is_none_is_wrong_at_its_field(text: str) -> None:
    answer = parse(typed_line(UPDATE, NOW, NOW | {"env": text}))
    assert isinstance(answer, Answer)
    assert field_of(answer.about) == "env"
    assert "s3cret" not in answer.text


def test_what_is_made_is_said_as_far_as_it_is_not_as_always() -> None:
    form = create_form()
    filled = shown(form) | {
        "name": "web",
        "image": "shop/web:1",
        "publish": "8080:80",
        "env": "A=b c\nB='x\"",
        "network": "backend",
    }
    line = typed_line(Wish(Verb.CREATE), shown(form), filled)
    command = parse(line)
    assert isinstance(command, Command)
    assert command.targets == ("web",)
    assert [edit.flag for edit in command.edits] == [
        *("name", "publish", "network", "env", "env", "image"),
    ]
    assert [e.value for e in command.edits if e.flag == "env"] == ["A=b c", "B='x\""]


@pytest.mark.parametrize("image", ["--force", "-d", "a b", "'", '"', "--", "$(reboot)", ""])
def test_an_image_that_looks_like_a_flag_is_none(image: str) -> None:
    form = create_form()
    filled = shown(form) | {"name": "web", "image": image}
    answer = parse(typed_line(Wish(Verb.CREATE), shown(form), filled))
    assert isinstance(answer, Answer)
    assert field_of(answer.about) in {"image", ""}


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("replicas", "3 --force"),
        ("replicas", ""),
        ("update-delay", "10"),
        ("update-delay", "--force"),
        ("update-parallelism", "-1"),
        ("update-order", "first"),
        ("update-failure-action", "cry"),
        ("constraint", "--force"),
        ("image", "Shop/Web"),
    ],
)
def test_what_cannot_be_meant_is_wrong_at_its_field(field: str, text: str) -> None:
    answer = parse(typed_line(UPDATE, NOW, NOW | {field: text}))
    assert isinstance(answer, Answer)
    assert field_of(answer.about) == field


def test_a_scale_is_wrong_at_its_only_field() -> None:
    answer = parse(typed_line(Wish(Verb.SCALE, "web"), {}, {"replicas": "many"}))
    assert isinstance(answer, Answer)
    assert field_of(answer.about) == "replicas"
    assert typed_line(Wish(Verb.SCALE, "web"), {}, {"replicas": "3"}) == "scale web=3"


def test_a_global_service_has_no_number_of_tasks() -> None:
    stock = a_stock(replicas=None)
    assert scale_form(stock).fields == ()
    assert "replicas" not in shown(update_form(stock))


def test_what_is_too_long_for_a_form_is_left_out() -> None:
    form = update_form(a_stock(constraints=("node.labels.a==" + "x" * 3_000,)))
    assert "constraint" not in shown(form)
    assert "too long" in form.notes[0]
    assert node_form(NodeStock(name="n1", labels={"a": "x" * 3_000})).fields == ()
    assert node_form(NodeStock(name="n1", labels={"a": "x\ny"})).fields == ()


@pytest.mark.parametrize("image", ["reg.example/" + "x" * 150 + ":v1", ""])
def test_an_image_that_cannot_stand_in_a_menu_may_be_left_as_it_is(image: str) -> None:
    form = update_form(a_stock(image=image))
    field = next(each for each in form.fields if each.name == "image")
    assert (field.value, field.optional) == ("", True)
    assert field.hint == "What it runs does not fit here; left empty, that stays"
    now = shown(form)
    assert typed_line(UPDATE, now, now | {"replicas": "9"}) == "update --replicas 9 web"
    assert not next(each for each in create_form().fields if each.name == "image").optional
    assert not next(each for each in update_form(a_stock()).fields if each.name == "image").optional


def test_a_node_is_drained_by_its_menu() -> None:
    stock = NodeStock(name="n1", availability="active", labels={"a": "1"})
    now = shown(node_form(stock))
    assert now == {"availability": "active", "label": "a=1"}
    wish = Wish(Verb.NODE_UPDATE, "n1")
    line = typed_line(wish, now, now | {"availability": "drain"})
    assert line == "node update --availability drain n1"
    assert isinstance(parse(line), Command)
    long = node_form(NodeStock(name="n1", availability="drain", labels={"a": "x" * 3_000}))
    assert shown(long) == {"availability": "drain"}
    assert "do not fit" in long.notes[0]


def test_a_channel_is_asked_for_where_there_is_none() -> None:
    assert list(shown(deploy_form(channel=True))) == ["service", "channel"]
    assert list(shown(deploy_form(channel=False))) == ["service"]


_KEYS = st.from_regex(r"[A-Za-z_][A-Za-z0-9_.]{0,10}", fullmatch=True)
_MEANT = st.sampled_from(
    [
        "&amp;",
        "&lt;",
        "<https://a|b>",
        "<@U1|ann>",
        "\u2019",
        "\u201c",
        "\u00a0",
        "\u200b",
        "\u2014",
        *("\ufeff", "\u202e", "\u2028", "\x0b", "\x85", " ", "\t"),
        *("'", '"', "\\", "`", "$", "#", "="),
    ]
)
_VALUES = st.lists(_MEANT | st.characters(exclude_characters="\n", exclude_categories=["Cs"])).map(
    "".join
)
_ENV_LINES = st.builds("{}={}".format, _KEYS, _VALUES).filter(lambda line: line[-1] != "\r")


def _env_of(wish: Wish, shown: dict[str, str], filled: dict[str, str]) -> list[str]:
    command = parse(typed_line(wish, shown, filled), literal=True)
    assert isinstance(command, Command), command
    return [str(edit.value) for edit in command.edits if edit.flag.startswith("env")]


@given(st.lists(_ENV_LINES, max_size=5, unique=True))
def test_what_stands_in_a_line_of_the_environment_is_set_byte_for_byte(lines: list[str]) -> None:
    form = create_form()
    made = shown(form) | {"name": "web", "image": "shop/web:1", "env": "\n".join(lines)}
    assert _env_of(Wish(Verb.CREATE), shown(form), made) == lines
    image = "shop/web:2"
    assert _env_of(UPDATE, NOW, NOW | {"image": image, "env": "\r\n".join(lines)}) == lines


@pytest.mark.parametrize(
    "line",
    [
        "WELCOME=Don\u2019t panic",
        "A=\u201cx\u201d",
        "A=x&amp;y",
        "URL=<https://a|b>",
        "A=1\u00a0000",
        "A=a\u200bb",
        "A= b ",
        "A=\u2014x",
    ],
)
def test_nothing_that_slack_does_to_typed_text_is_undone_in_a_form(line: str) -> None:
    assert _env_of(UPDATE, NOW, NOW | {"env": line}) == [line]


def test_the_environment_takes_what_stands_in_an_env_file() -> None:
    text = "\ufeff# of the shop\n\n  \t\n  # off=1\n  A=1\r\nB=#2\nA=1\n"
    assert _env_of(UPDATE, NOW, NOW | {"env": text}) == ["A=1", "B=#2"]


def test_fields_that_are_full_are_not_too_long_together() -> None:
    line = "node.labels.x==" + "y" * 2_900
    filled = NOW | {"env": "A=" + "x" * 2_998, "constraint": line}
    command = parse(typed_line(UPDATE, NOW, filled), literal=True)
    assert isinstance(command, Command)
    assert [len(str(edit.value)) for edit in command.edits] == [len(line), 3_000]


def test_a_comment_is_one_in_the_environment_alone() -> None:
    wish = Wish(Verb.NODE_UPDATE, "n1")
    command = parse(typed_line(wish, {"label": ""}, {"label": "#a=1"}), literal=True)
    assert isinstance(command, Command)
    assert [edit.value for edit in command.edits] == ["#a=1"]


@pytest.mark.parametrize("text", ["A B=s3cret", "A\u00a0=s3cret", "OK=1\nPATH", "=s3cret"])
def test_what_docker_would_refuse_in_an_env_file_is_wrong_at_its_field(text: str) -> None:
    answer = parse(typed_line(UPDATE, NOW, NOW | {"env": text}), literal=True)
    assert isinstance(answer, Answer)
    assert field_of(answer.about) == "env"
    assert "s3cret" not in answer.text


def test_what_cannot_be_seen_is_refused_but_in_values_that_nobody_sees() -> None:
    check_visible(NOW | {"env": "A=\u202eb"})
    with pytest.raises(UserError, match="right-to-left override") as caught:
        check_visible(NOW | {"constraint": "node.labels.a==\u202eb"})
    assert caught.value.about == "constraint"
    check_visible({"label": "a=b\nc=d\te"})


@pytest.mark.parametrize("char", ["\u200b", "\u200d", "\u2060", "\ufeff", "\u00ad", "\U000e0041"])
def test_what_has_no_width_is_refused_as_well(char: str) -> None:
    """`env=prod` with one of them is shown as `env=prod`, and is in no rule about it."""
    check_visible(NOW | {"env": f"A={char}b"})
    with pytest.raises(UserError, match="invisible character"):
        check_visible(NOW | {"label": f"env=prod{char}"})
