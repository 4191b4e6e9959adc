"""Tags of repositories, by the registry's HTTP API.

`names` says where a reference points, `reader` asks and logs in, `manifests` says what a tag is,
`realms` says whom a registry may send us to, `line` ends what takes too long, `http` is the port.
"""

from workers.registry.http import HttpImageRegistry
from workers.registry.names import Repository, repository_of

__all__ = ["HttpImageRegistry", "Repository", "repository_of"]
