"""The Web API: one module per method family, all listed in `methods`."""
