"""The control API under /control: what tests and the demo do to the workspace and read of it."""
