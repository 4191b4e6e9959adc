"""Convergence: does what runs match what was posted, how far is it, and what does it wait for.

All of it is judged from one observation; tasks and nodes decide, not the Engine's UpdateStatus,
which lags by twice the update delay and never comes when no task was touched.
"""

from bot.domain.convergence.measure import Measured, measure
from bot.domain.convergence.progress import Progress, SlotProgress

__all__ = ["Measured", "Progress", "SlotProgress", "measure"]
