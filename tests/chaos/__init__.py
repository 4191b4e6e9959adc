"""Storms of interruptions, and the faults of a swarm's surroundings one by one."""
