"""One fake per port, held to the same contract suite as the real adapter (tests/contract)."""
