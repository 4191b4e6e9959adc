"""Private answers, one function a kind of reply.

`services`, `detail`, `tasks`, `nodes` and `swarm` tell what the Engine shows, `tags`
what the registry has, `record` what Waggle
keeps, `locks` the locks, `ahead` what is to come, `verdict` what came of a command; `private`
chooses, and `pages` makes a page of what is long.
"""
