"""A stage: workspace, swarm, bot and worker together, as the demo and the scenario tests use them.

The bot and the worker run as processes, started as a person starts them; nothing of them is
imported.
"""

from playground.stage.cast import Role
from playground.stage.ground import Ground
from playground.stage.ports import free_port
from playground.stage.stage import NotReadyError, Stage, StageError

__all__ = ["Ground", "NotReadyError", "Role", "Stage", "StageError", "free_port"]
