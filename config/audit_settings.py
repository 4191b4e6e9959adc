"""What the tools for the audit log need: the key, and where the log is. No Slack, no Docker."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, SecretStr, ValidationError

from config import environment
from config.settings import AUDIT, SettingsError, checked_redis_url, derived

NAMES = ("WAGGLE_SECRET", "SLACK_BOT_TOKEN", "REDIS_URL", "WAGGLE_DATA")


class AuditSettings(BaseModel):
    """The settings of `waggle audit`; the key is made as the other processes make it."""

    model_config = ConfigDict(frozen=True)

    waggle_secret: SecretStr | None = None
    slack_bot_token: SecretStr | None = None
    redis_url: Annotated[SecretStr, AfterValidator(checked_redis_url)] | None = None
    waggle_data: Path = Path("~/.local/state/waggle")

    @property
    def data_dir(self) -> Path:
        """`waggle_data` with `~` resolved."""
        return self.waggle_data.expanduser().absolute()

    @property
    def key(self) -> bytes:
        """The key of the chain.

        Raises:
            SettingsError: nothing is set that it could be made from.
        """
        seed = self.waggle_secret or self.slack_bot_token
        if seed is None:
            why = "WAGGLE_SECRET or SLACK_BOT_TOKEN: missing; the audit log's key is made from it"
            raise SettingsError([why])
        return derived(seed, AUDIT)


def key_in(path: Path) -> bytes:
    """Return the key that a secret which is not in force any more made.

    Args:
        path: a file with the earlier WAGGLE_SECRET, or bot token.

    Raises:
        SettingsError: it cannot be read.
    """
    values, problems = environment.read(["OLD_SECRET"], {"OLD_SECRET_FILE": str(path)})
    if problems:
        raise SettingsError(problems)
    return derived(SecretStr(values["OLD_SECRET"]), AUDIT)


def load_audit(environ: Mapping[str, str] | None = None) -> AuditSettings:
    """Return the settings.

    Raises:
        SettingsError: with all problems at once.
    """
    values, problems = environment.read(NAMES, os.environ if environ is None else environ)
    if not problems:
        try:
            return AuditSettings.model_validate({k.lower(): v for k, v in values.items()})
        except ValidationError:  # its text may hold the value
            problems.append("REDIS_URL: want redis://, rediss:// or unix://")
    raise SettingsError(problems)
