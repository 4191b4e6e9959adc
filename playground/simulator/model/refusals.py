"""The Engine's refusals: a status and its own words, as measured on Engine 20.10."""

_RPC = "rpc error: code = {0} desc = {1}"


class RefusedError(Exception):
    """What the Engine answers instead.

    Attributes:
        status: of HTTP.
        message: the Engine's words.
    """

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


def not_found(words: str) -> RefusedError:
    """Return a 404."""
    return RefusedError(404, words)


def invalid(words: str) -> RefusedError:
    """Return a 400 of SwarmKit's own checks."""
    return RefusedError(400, _RPC.format("InvalidArgument", words))


def taken(words: str) -> RefusedError:
    """Return a 409 for a name that is in use."""
    return RefusedError(409, _RPC.format("AlreadyExists", words))


def unimplemented(words: str) -> RefusedError:
    """Return a 501."""
    return RefusedError(501, _RPC.format("Unimplemented", words))


def precondition(words: str) -> RefusedError:
    """Return a 400 for what must not be as long as something else is so."""
    return RefusedError(400, _RPC.format("FailedPrecondition", words))


def unknown(words: str) -> RefusedError:
    """Return a 500 of SwarmKit's, for what it gives no better code."""
    return RefusedError(500, _RPC.format("Unknown", words))


def out_of_sequence() -> RefusedError:
    """Return the answer to a lost race; a 500, of all."""
    return unknown("update out of sequence")


def no_leader() -> RefusedError:
    """Return what managers say that cannot elect one."""
    return unknown(
        "The swarm does not have a leader. It's possible that too few managers are online. "
        "Make sure more than half of the managers are online."
    )
