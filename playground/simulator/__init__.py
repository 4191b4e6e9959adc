"""A swarm without an engine: SwarmKit's rules behind the Docker Engine API, on a clock of its own.

`model` holds the rules and knows nothing of HTTP; `api` and `registry` speak; `LocalSimulator`
serves all in a thread, and `SimulatedLab` is to the stage what `playground.lab.Lab` is.
"""
