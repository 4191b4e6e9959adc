"""What each read finds, as a `Reply`: `look` at the swarm, `recall` from our records."""
