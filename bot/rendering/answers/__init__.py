"""Private answers, one function a kind of reply.

`swarm` tells what the Engine shows, `record` what Waggle keeps, `ahead` what is to come, `verdict`
what came of a command;
`private` chooses.
"""
