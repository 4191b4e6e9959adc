"""The two ways a caller can be wrong: Slack's error words, and misuse of the control API."""


class SlackError(Exception):
    """Slack's answer `{"ok": false, "error": code}`.

    Args:
        code: Slack's error word, such as `not_in_channel`.
        messages: Lines for `response_metadata.messages`, which say where the fault is.
        extra: Further fields of the answer, such as `needed` and `provided` of missing_scope.
    """

    def __init__(
        self,
        code: str,
        messages: list[str] | None = None,
        extra: dict[str, str] | None = None,
    ) -> None:
        super().__init__(code)
        self.code = code
        self.messages = messages or []
        self.extra = extra or {}

    def wire(self) -> dict[str, object]:
        """Return the JSON body of the answer."""
        body: dict[str, object] = {"ok": False, "error": self.code, **self.extra}
        if self.messages:
            body["response_metadata"] = {"messages": self.messages}
        return body


class ControlError(Exception):
    """The control API was asked for something that cannot be: the text says what."""
