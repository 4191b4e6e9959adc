"""Outside things behind the ports: Redis, RQ, Slack's Web API, the clock."""
