"""The settings of both processes, from the environment (docs/reference: settings)."""

import os
import re
import stat
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self, TypeVar
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    model_validator,
)
from redis import ConnectionPool, RedisError

from config import environment
from config.policy_words import Duration

AUDIT: Final = b"waggle: audit log"
"""The purpose of the audit log's key."""

_NEEDED: Final = {
    "SLACK_BOT_TOKEN": "the bot's token, xoxb-… (Slack: OAuth & Permissions)",
    "WAGGLE_POLICY": (
        "who may do what: the path of a policy file (docs/how-to/write-your-policy.md); for trying "
        "out the word `open`: everyone may do everything"
    ),
}


OPEN: Final = "open"


class SettingsError(Exception):
    """The environment does not do.

    Attributes:
        problems: one line each, without the value of any secret.
    """

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class HostPort(BaseModel):
    """Where to listen."""

    model_config = ConfigDict(frozen=True)

    host: str
    port: Annotated[int, Field(ge=0, le=65535)]


def _host_port(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    found = re.fullmatch(r"(?:\[([0-9A-Fa-f:.%]+)\]|([^\[\]:\s]+)):([0-9]{1,5})", value)
    if found is None or int(found[3]) > 65535:  # noqa: PLR2004 - the last port there is
        raise ValueError("want host:port, for instance 127.0.0.1:3000 or [::1]:3000")
    return HostPort(host=found[1] or found[2], port=int(found[3]))


def _api_url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("want an http(s) URL, for instance https://slack.com/api/")
    return value if value.endswith("/") else value + "/"


def checked_redis_url(value: SecretStr) -> SecretStr:
    """Return the URL if it is one of Redis."""
    try:
        # what the clients do later, and in the worker's children; nothing is connected to
        ConnectionPool.from_url(value.get_secret_value()).make_connection()
    except (ValueError, TypeError, RedisError):
        hint = "want redis://, rediss:// or unix://, for instance redis://host:6379/0"
        raise ValueError(hint) from None  # the cause may hold the password
    return value


def _policy(value: Any, info: ValidationInfo) -> Any:
    if not isinstance(value, str) or value == OPEN:
        return value
    if "\n" in value:
        raise ValueError(
            "want the path of the policy file, not its content: WAGGLE_POLICY_FILE names a file "
            "that holds the path; set WAGGLE_POLICY itself"
        )
    try:
        path = Path(value).expanduser().absolute()
    except RuntimeError as error:  # `~nobody/…`
        raise ValueError(f"whose home is meant by {value}?") from error
    if not (info.context or {}).get("again"):
        _look_at(path)
    return path


def _look_at(path: Path) -> None:
    try:
        mode = path.stat().st_mode
    except OSError as error:
        hint = "for trying out, the word is `open`"
        raise ValueError(f"cannot find the file {path}: {error.strerror}; {hint}") from error
    if stat.S_ISDIR(mode):
        raise ValueError(f"{path} is a directory: name the policy file in it")


def _command(value: str) -> str:
    if not re.fullmatch(r"/[^\s/]{1,32}", value):
        raise ValueError("want a slash and a name, for instance /swarm")
    return value


def _long_kept(value: timedelta) -> timedelta:
    if value < timedelta(minutes=15):
        raise ValueError("want 15m at least: repeated deliveries are known by these records")
    return value


def _some_time(value: timedelta) -> timedelta:
    if value < timedelta(seconds=1):
        raise ValueError("want 1s at least, for instance 24h")
    return value


def _engine(value: str) -> str:
    if value.startswith("ssh://"):
        # docker-py wants paramiko even to call the machine's own ssh; an image has neither
        raise ValueError(
            "ssh:// is not spoken: let ssh forward the manager's socket "
            "(docs/how-to/connect-to-a-manager.md), and want unix:///run/waggle/docker.sock"
        )
    return value


def _channel(value: str) -> str:
    if not re.fullmatch(r"[CG][A-Z0-9]{2,30}", value):
        raise ValueError("want a channel's id, for instance C0AUDIT (Slack: the channel's details)")
    return value


def _token(prefix: str) -> AfterValidator:
    def check(value: SecretStr) -> SecretStr:
        text = value.get_secret_value()
        if not text.startswith(prefix) or not text.isascii() or not text.isprintable():
            raise ValueError(f"does not look like a token of this kind ({prefix}…)")
        return value

    return AfterValidator(check)


def _long_enough(value: SecretStr) -> SecretStr:
    if len(value.get_secret_value()) < 16:  # noqa: PLR2004 - as said in the message
        raise ValueError("want at least 16 characters")
    return value


def derived(seed: SecretStr, purpose: bytes) -> bytes:
    """Return a key for one purpose, from the secret that all processes share."""
    derivation = HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose)
    return derivation.derive(seed.get_secret_value().encode())


class SlackSettings(BaseModel):
    """What it takes to ask Slack something. Attributes are the variables' names in lower case."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    slack_bot_token: Annotated[SecretStr, _token("xox")]
    slack_api_url: Annotated[str, AfterValidator(_api_url)] = "https://slack.com/api/"


class Settings(SlackSettings):
    """What both processes need.

    Attributes:
        redis_url: None: an embedded Valkey in `waggle_data`.
        waggle_policy: the word `open`, or where the policy file is.
        warnings: for the start-up log, one line each.
    """

    redis_url: Annotated[SecretStr, AfterValidator(checked_redis_url)] | None = None
    waggle_policy: Annotated[Literal["open"] | Path, BeforeValidator(_policy)]
    waggle_secret: Annotated[SecretStr, AfterValidator(_long_enough)] | None = None
    waggle_data: Path = Path("~/.local/state/waggle")
    waggle_command: Annotated[str, AfterValidator(_command)] = "/swarm"
    waggle_http: Annotated[HostPort, BeforeValidator(_host_port)] = HostPort(
        host="127.0.0.1", port=3000
    )
    waggle_keep: Annotated[Duration, AfterValidator(_long_kept)] = timedelta(days=90)
    warnings: tuple[str, ...] = ()

    @property
    def policy_file(self) -> Path | None:
        """Where the policy file is; None with the word `open`."""
        return self.waggle_policy if isinstance(self.waggle_policy, Path) else None

    @property
    def signing_key(self) -> bytes:
        """The key that signs queue payloads: equal in all processes, never in Redis."""
        return derived(self._seed, b"waggle: queue payloads")

    @property
    def audit_key(self) -> bytes:
        """The key of the audit log's chain: equal in all processes, never in Redis."""
        return derived(self._seed, AUDIT)

    @property
    def _seed(self) -> SecretStr:
        return self.waggle_secret or self.slack_bot_token

    @property
    def data_dir(self) -> Path:
        """`waggle_data` with `~` resolved."""
        return self.waggle_data.expanduser().absolute()

    @property
    def secrets(self) -> tuple[str, ...]:
        """The values of all secrets, for the logs' redaction."""
        values = (getattr(self, name) for name in type(self).model_fields)
        return tuple(v.get_secret_value() for v in values if isinstance(v, SecretStr))


class BotSettings(Settings):
    """The bot's: it needs a way to hear Slack. With an app token that is Socket Mode."""

    slack_signing_secret: SecretStr | None = None
    slack_app_token: Annotated[SecretStr, _token("xapp-")] | None = None

    @property
    def socket_mode(self) -> bool:
        """Whether Slack is heard by Socket Mode rather than HTTP."""
        return self.slack_app_token is not None

    @model_validator(mode="after")
    def _hears_slack(self) -> Self:
        if self.slack_app_token is None and self.slack_signing_secret is None:
            raise ValueError(_HEARS)
        return self


_HEARS: Final = (
    "SLACK_APP_TOKEN or SLACK_SIGNING_SECRET: missing; the app-level token (xapp-…) for Socket "
    "Mode, or the signing secret for HTTP"
)


class WorkerSettings(Settings):
    """The worker's: where the Engine is, as the docker CLI reads it."""

    docker_host: Annotated[str, AfterValidator(_engine)] | None = None
    docker_tls_verify: bool = False
    docker_cert_path: str | None = None
    waggle_audit_channel: Annotated[str, AfterValidator(_channel)] | None = None
    waggle_lock_remind: Annotated[Duration, AfterValidator(_some_time)] = timedelta(hours=24)
    waggle_ready: Path | None = None

    @model_validator(mode="before")
    @classmethod
    def _any_word_is_true(cls, values: Any) -> Any:
        # The docker CLI asks only whether DOCKER_TLS_VERIFY is set to something.
        if isinstance(values, dict) and isinstance(values.get("docker_tls_verify"), str):
            return values | {"docker_tls_verify": values["docker_tls_verify"] != ""}
        return values


S = TypeVar("S", bound=Settings)


def load_bot(environ: Mapping[str, str] | None = None) -> BotSettings:
    """Return the bot's settings.

    Raises:
        SettingsError: with all problems at once.
    """
    return _load(BotSettings, os.environ if environ is None else environ)


def load_worker(environ: Mapping[str, str] | None = None, *, again: bool = False) -> WorkerSettings:
    """Return the worker's settings.

    Args:
        environ: default the process's own.
        again: for a process that is started again: a policy file that has gone meanwhile is not
            looked for, because rollouts under way want to be followed all the same.

    Raises:
        SettingsError: with all problems at once.
    """
    return _load(WorkerSettings, os.environ if environ is None else environ, again=again)


def load_slack(environ: Mapping[str, str] | None = None) -> SlackSettings:
    """Return what it takes to ask Slack, whatever else is set.

    Raises:
        SettingsError: with all problems at once.
    """
    model = SlackSettings
    values, problems = environment.read(_names(model), os.environ if environ is None else environ)
    if not problems:
        try:
            return model.model_validate({name.lower(): value for name, value in values.items()})
        except ValidationError as error:
            problems = _lines(error)
    raise SettingsError(sorted(problems))


def _names(*models: type[SlackSettings]) -> list[str]:
    fields = [name for model in models for name in model.model_fields if name != "warnings"]
    return [name.upper() for name in dict.fromkeys(fields)]


def _load(model: type[S], environ: Mapping[str, str], *, again: bool = False) -> S:
    values, problems = environment.read(_names(model), environ)
    warnings = environment.unknown("WAGGLE_", _names(BotSettings, WorkerSettings), environ)
    unreadable = {problem.partition(":")[0].removesuffix("_FILE") for problem in problems}
    try:
        settings = model.model_validate(
            {name.lower(): value for name, value in values.items()} | {"warnings": warnings},
            context={"again": again},
        )
    except ValidationError as error:
        problems += [line for line in _lines(error) if line.partition(":")[0] not in unreadable]
    else:
        if not problems:
            return settings
    if model is BotSettings and not _can_hear(values, unreadable) and _HEARS not in problems:
        problems.append(_HEARS)  # pydantic checks the whole only when every part is right
    raise SettingsError(sorted(problems))


def _can_hear(values: Mapping[str, str], unreadable: set[str]) -> bool:
    ways = {"SLACK_APP_TOKEN", "SLACK_SIGNING_SECRET"}
    return bool(ways & (values.keys() | unreadable))


def _lines(error: ValidationError) -> list[str]:
    """One line a problem; pydantic's own text may hold the value, so it is not used whole."""
    lines = []
    for problem in error.errors(include_url=False, include_input=False, include_context=True):
        name = str(problem["loc"][0]).upper() if problem["loc"] else ""
        if problem["type"] == "missing":
            lines.append(f"{name}: missing; {_NEEDED.get(name, 'needed')}")
        elif problem["type"] == "value_error":
            text = str(problem["ctx"]["error"])
            lines.append(f"{name}: {text}" if name else text)
        else:
            lines.append(f"{name}: not understood")
    return lines
