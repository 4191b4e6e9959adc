"""The desk of forms as tests make it: what Slack would show is remembered."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from bot.slack.form_desk import FormDesk
from bot.slack.shortcuts import Shortcuts
from bot.slack.views import Opener
from bot.usecases.about_message import AboutMessage
from bot.usecases.form_choices import FormChoices
from bot.usecases.forms import Forms
from bot.usecases.propose import Propose
from tests.fakes.inventories import FakeInventories


async def no_update(view: dict[str, Any], *, name: str = "", view_id: str = "") -> bool:
    del view, name, view_id
    return False


def a_desk(
    propose: Propose,
    inventories: FakeInventories,
    open_modal: Opener,
    pool: ThreadPoolExecutor,
) -> FormDesk:
    """Return a desk that waits for no worker."""
    forms = Forms(propose=propose, inventories=inventories)
    return FormDesk(
        forms=forms,
        choices=FormChoices(forms=forms),
        open_modal=open_modal,
        update_modal=no_update,
        pool=pool,
        planned_within=0.0,
    )


def shortcuts_of(desk: FormDesk, propose: Propose) -> Shortcuts:
    """Return the shortcuts over a desk."""
    return Shortcuts(
        desk=desk,
        about=AboutMessage(store=propose.store, propose=propose),
        propose=propose,
        open_modal=desk.open_modal,
    )
