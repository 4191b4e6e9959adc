"""Env values do not get past here, whole or line by line."""

from bot.usecases.redact import HIDDEN, redacted

KEY = "-----BEGIN KEY-----\nMIIEvAIBADANBg\nkqhkiG9w0BAQEF\n-----END KEY-----"


def _spec(*env: str) -> dict[str, object]:
    return {"TaskTemplate": {"ContainerSpec": {"Env": list(env)}}}


def test_a_value_is_hidden_wherever_it_stands() -> None:
    assert (
        redacted("no route to hunter22!", _spec("DB_PASSWORD=hunter22")) == f"no route to {HIDDEN}!"
    )


def test_a_value_of_several_lines_is_hidden_line_by_line() -> None:
    spec = _spec(f"TLS_KEY={KEY}")
    shown = [redacted(line, spec) for line in ("cannot parse MIIEvAIBADANBg", "kqhkiG9w0BAQEF\r")]
    assert shown == [f"cannot parse {HIDDEN}", f"{HIDDEN}\r"]
    assert redacted(f"key: {KEY}.", spec) == f"key: {HIDDEN}."


def test_short_values_are_left_for_they_would_blank_out_half_of_any_text() -> None:
    assert redacted("on 1 node", _spec("DEBUG=on", "N=1\n2")) == "on 1 node"
