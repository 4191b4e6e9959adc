"""A thread that looks at the policy file, so that a change is seen also while nobody asks.

RQ workers fork a process per job, which goes on from what its parent knows; and who is to be told
of a broken file should not have to wait for the next command.
"""

import logging
import threading
import time
from collections.abc import Callable

from bot.adapters.policy_source import LOOK_EVERY
from bot.ports import StoreUnavailableError

_log = logging.getLogger(__name__)


class PolicyWatch:
    """Calls `look` every second, as long as the process lives, whatever comes of it."""

    def __init__(self, look: Callable[[], object]) -> None:
        self._look = look

    def start(self) -> None:
        """Begin."""
        threading.Thread(target=self._run, name="policy-watch", daemon=True).start()

    def _run(self) -> None:
        while True:
            time.sleep(LOOK_EVERY.total_seconds())
            try:
                self._look()
            except StoreUnavailableError:
                continue
            except Exception as error:  # noqa: BLE001  without it old rules would stay in force
                _log.error("policy file: a look failed: %s", type(error).__name__)
