"""SwarmKit in memory, as far as rollouts show it: who runs where, and what an update does next.

Rules measured on Engine 20.10; `orchestrator/update/updater.go` is unchanged up to 28.5.
"""
