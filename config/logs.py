"""Logging: JSON lines off a terminal, words on one, and no secret in either.

Bolt logs whole request bodies when a signature is wrong, slack_sdk logs headers at DEBUG, RQ logs
job arguments: there is one handler for all, and what passes it is redacted.
"""

import logging
import re
import sys
from collections.abc import Iterable, Mapping, MutableMapping
from typing import Any, Final, TextIO

import structlog

HIDDEN: Final = "•••"
NOISY: Final = ("slack_bolt", "slack_sdk", "rq", "rq.worker")
"""Stdlib loggers that log other people's secrets: they speak by our one handler alone."""

_SECRET_KEYS: Final = re.compile(
    r"(?i)(.*token|.*secret|.*password|authorization|response_url|trigger_id|env(_.*)?|"
    r"x-slack-signature|cookie|signature)"
)
_ENV_FLAG: Final = r"((?:--env(?:-add)?|(?<!\S)-e)(?:\s+|=)"
_PATTERNS: Final = (
    (re.compile(r"(?:xox[a-z]{1,2}(?:\.xox[a-z])?|xapp)-[\w-]+"), HIDDEN),
    (re.compile(r"(?i)\b(bearer|basic)(\s+)[^\s\"',}\]]+"), rf"\1\2{HIDDEN}"),
    (re.compile(r"(?i)(https?://hooks\.slack\.com/)[^\s\"'\\<>|]+"), rf"\1{HIDDEN}"),
    (
        re.compile(r"(https?://[^\s/\"']+/(?:commands|actions|app|response)/)[^\s\"'\\<>|]+"),
        rf"\1{HIDDEN}",
    ),
    (re.compile(r"(\b\w{1,20}://[^\s:/@\"']*:)[^\s@/\"']+@"), rf"\1{HIDDEN}@"),
    (
        re.compile(
            r"(?i)(\b(?:token|response_url|trigger_id|client_secret|password)"
            r"(?:=|\\?[\"']\s*:\s*\\?[\"']))[^&\s\"'\\,}]+"
        ),
        rf"\1{HIDDEN}",
    ),
    (re.compile(_ENV_FLAG + r"([\"'])[A-Za-z_]\w*=)(?:(?!\2).)*"), rf"\1{HIDDEN}"),
    (
        re.compile(_ENV_FLAG + r"[A-Za-z_]\w*=)(?:\"[^\"]*\"|'[^']*'|[^\s\"']+)"),
        rf"\1{HIDDEN}",
    ),
    (re.compile(r"(\\?[\"']Env\\?[\"']\s*:\s*)\[[^\]]*\]"), rf"\1[{HIDDEN}]"),
    # pydantic shows what it could not read: of a record, that can be a spec with its env
    (re.compile(r"(\binput_value=).{0,200}?(?=, input_type=\w+\])"), rf"\1{HIDDEN}"),
)


class Redactor:
    """Hides tokens, response_url paths, credentials, env values, and the values it was told."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        known = sorted({secret for secret in secrets if secret}, key=len, reverse=True)
        self._known = re.compile("|".join(map(re.escape, known))) if known else None

    def text(self, text: str) -> str:
        """Return the text without secrets."""
        if self._known is not None:
            text = self._known.sub(HIDDEN, text)
        for pattern, instead in _PATTERNS:
            text = pattern.sub(instead, text)
        return text

    def value(self, value: Any) -> Any:
        """Return the value without secrets; what JSON does not know becomes text first."""
        if value is None or isinstance(value, bool | int | float):
            return value
        if isinstance(value, Mapping):
            return {str(k): self._entry(str(k), v) for k, v in value.items()}
        if isinstance(value, list | tuple | set | frozenset):
            return [self.value(item) for item in value]
        return self.text(value if isinstance(value, str) else str(value))

    def _entry(self, key: str, value: Any) -> Any:
        return HIDDEN if value and _SECRET_KEYS.fullmatch(key) else self.value(value)

    def __call__(
        self, _logger: Any, _method: str, event: MutableMapping[str, Any]
    ) -> MutableMapping[str, Any]:
        """Redact a structlog event."""
        return {key: self._entry(key, value) for key, value in event.items()}


def configure(
    secrets: Iterable[str] = (), stream: TextIO | None = None, level: int = logging.INFO
) -> Redactor:
    """Set up structlog and stdlib logging for a process; return the redactor for other uses.

    Args:
        secrets: values that must never be seen, on top of what is recognised by its form.
        stream: default stderr; JSON lines unless it is a terminal.
        level: of our own and the libraries' records.
    """
    stream = sys.stderr if stream is None else stream
    redactor = Redactor(secrets)
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.ExtraAdder()],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                redactor,
                _renderer(stream),
            ],
        )
    )
    _install(handler, level)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    return redactor


def _renderer(stream: TextIO) -> Any:
    if stream.isatty():
        return structlog.dev.ConsoleRenderer()
    return structlog.processors.JSONRenderer(ensure_ascii=False)


def _install(handler: logging.Handler, level: int) -> None:
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in NOISY:  # RQ adds handlers of its own only to a logger that no handler hears
        logger = logging.getLogger(name)
        logger.handlers[:] = []
        logger.propagate = True
        logger.setLevel(logging.NOTSET)  # the root's level holds
