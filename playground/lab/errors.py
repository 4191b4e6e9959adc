"""What can go wrong with the lab."""


class LabError(Exception):
    """The lab could not do what was asked; the text says why and what to do."""


class GaveUpError(LabError):
    """What was waited for did not come in time."""


class CannotRunError(LabError):
    """This machine cannot run a swarm at all (see `packages.why_not`)."""
