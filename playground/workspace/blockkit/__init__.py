"""Slack's limits on blocks, elements and views, checked as the service would.

Sources: docs.slack.dev/reference/block-kit and the validators of slack_sdk 3.47. The total of
about 13,200 characters is undocumented (bolt-js#2509).
"""

from playground.workspace.blockkit.answer import check_answer
from playground.workspace.blockkit.message import check_message_blocks
from playground.workspace.blockkit.view import check_view

__all__ = ["check_answer", "check_message_blocks", "check_view"]
