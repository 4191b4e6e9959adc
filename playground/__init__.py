"""What lets you try Waggle with nothing: a local workspace, a swarm on this machine, the demo."""
