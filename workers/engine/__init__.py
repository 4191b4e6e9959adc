"""The Docker Engine behind the port `bot.ports.Swarm`: the only code that imports docker.

It uses docker-py's low-level client for transport, TLS and credentials alone. Specs travel raw:
docker-py's own scale() and update() insert defaults, and so replace every task of a service.
"""

from workers.engine.address import EngineAddress
from workers.engine.swarm import DockerSwarm, connect

__all__ = ["DockerSwarm", "EngineAddress", "connect"]
