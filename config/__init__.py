"""A leaf: settings, policy file schema, logging."""
