import pytest

from config.yaml_tree import MAX_BYTES, Node, Problem, Spot, parse, resolved


def tree(text: str) -> Node:
    node, problems = parse(text.encode())
    assert problems == []
    assert node is not None
    return node


def wrong(data: bytes) -> list[Problem]:
    return parse(data)[1]


def test_every_key_and_value_knows_where_it_stands() -> None:
    root = tree("version: 1\nroles:\n  admin:\n    users: [U001, U002]\n")
    assert root.plain() == {"version": 1, "roles": {"admin": {"users": ["U001", "U002"]}}}
    assert root.spot(()) == Spot(1, 1)
    assert root.spot(("roles", "admin"), key=True) == Spot(3, 3)
    assert root.spot(("roles", "admin", "users"), key=True) == Spot(4, 5)
    assert root.spot(("roles", "admin", "users", 1)) == Spot(4, 19)


@pytest.mark.parametrize("path", [("roles", "admin", "users", 7), ("roles", "admin", "users", "x")])
def test_what_is_not_there_is_shown_where_it_should_be(path: tuple[str | int, ...]) -> None:
    root = tree("roles:\n  admin:\n    users: [U001]\n")
    assert root.spot(path) == Spot(3, 12)
    assert root.spot(("grants", 1)) == Spot(1, 1)
    assert root.spot(("roles", 0)) == Spot(2, 3)
    assert root.spot(("roles", "none"), key=True) == Spot(2, 3)


@pytest.mark.parametrize("text", ["", "# nothing\n", "---\n", "~"])
def test_an_empty_file_has_no_content(text: str) -> None:
    node, problems = parse(text.encode())
    assert problems == []
    assert node is None or node.value is None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("on", "on"),
        ("yes", "yes"),
        ("12:30:00", "12:30:00"),
        ("2026-01-01", "2026-01-01"),
        ("0x1F", "0x1F"),
        ("1" * 19, "1" * 19),
        ("1.", 1.0),
        (".5", 0.5),
        ("-1.5", -1.5),
        ("012", 12),
        ("+3", 3),
        ("true", True),
        ("FALSE", False),
        ("Null", None),
        ("", None),
    ],
)
def test_unquoted_words_are_those_of_yaml_1_2(text: str, value: object) -> None:
    assert resolved(text) == value
    assert type(resolved(text)) is type(value)


def test_what_is_quoted_is_text() -> None:
    assert tree("a: '1'\nb: \"true\"\nc: |\n  2\n").plain() == {"a": "1", "b": "true", "c": "2\n"}


def test_keys_are_text_whatever_they_look_like() -> None:
    assert tree("on: 1\n1: 2\nnull: 3\n").plain() == {"on": 1, "1": 2, "null": 3}


@pytest.mark.parametrize(
    ("data", "spot", "text"),
    [
        (b"a: 1\nb: 2\na: 3\n", (3, 1), "a is there twice (first in line 1)"),
        (b"a: *x\n", (1, 4), "the alias *x is not supported: write it out here"),
        (b"a: &x 1\n", (1, 4), "the anchor &x is not supported: remove it"),
        (b"a: &x [1]\n", (1, 4), "the anchor &x is not supported: remove it"),
        (b"&x a: 1\n", (1, 1), "the anchor &x is not supported: remove it"),
        (b"a: !boom {}\n", (1, 4), "the tag !boom is not supported: remove it"),
        (b"[a, b]: 1\n", (1, 1), "a key must be one word"),
        (b"a: 1\n---\nb: 2\n", (2, 1), "a second document: a policy is one document, remove"),
        (b"a:\n\t- 1\n", (2, 1), "this is not YAML (found character '\\t' that cannot start"),
        (b"a: [1\n", (2, 1), "this is not YAML (expected ',' or ']', but got '<stream end>')"),
        (b"a: b: c\n", (1, 5), "this is not YAML (mapping values are not allowed here)"),
        (b"%YAML 3.0\n---\na: 1\n", (1, 1), "this is not YAML (found incompatible YAML doc"),
        (b"a: 1\nb: \x07\n", (2, 4), "a control character: remove it"),
        (b"a: 1\nbc: \xff\n", (2, 5), "this is not UTF-8 text: save the file as UTF-8"),
        (b"a: " + b"x" * MAX_BYTES, (1, 1), "longer than 128 KiB"),
        (b"[" * 5000, (1, 34), "nested more than 32 levels deep"),
    ],
)
def test_what_is_refused_is_told_with_its_place(
    data: bytes, spot: tuple[int, int], text: str
) -> None:
    (problem,) = wrong(data)
    assert problem.at == spot
    assert problem.text.startswith(text)


def test_a_tab_gets_a_hint() -> None:
    assert wrong(b"\ta: 1")[0].text.endswith(": indent with spaces")


def test_problems_before_a_broken_place_are_told_too() -> None:
    first, second = wrong(b"a: 1\na: 2\nb: [\n")
    assert first.at == (2, 1)
    assert second.text.startswith("this is not YAML")
    first, second = wrong(b"a: 1\na: 2\nb: " + b"[" * 40)
    assert second.text == "nested more than 32 levels deep"


def test_aliases_do_not_multiply() -> None:
    """A "billion laughs": each level would be ten times the one before."""
    lines = ["a0: &a0 [x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
    node, problems = parse("\n".join(lines).encode())
    assert len(problems) == 10 + 90
    assert node is not None
    assert len(str(node.plain())) < 2000


def test_a_byte_order_mark_is_no_content() -> None:
    assert tree("\ufeffversion: 1").plain() == {"version": 1}


def test_errors_without_a_place_point_at_the_start() -> None:
    node = tree("a: 1")
    assert node.spot(("a",), key=True) == Spot(1, 1)
