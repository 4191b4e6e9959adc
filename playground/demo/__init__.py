"""The demo: the main job played through by people in a channel, on a real swarm."""
