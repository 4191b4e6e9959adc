"""Inbound: the Bolt app, its listeners and middleware."""
