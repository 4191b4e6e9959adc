"""Figures: what Waggle costs, each beside the floor that it is measured against, in one run.

`make bench` runs all and writes docs/reference/benchmarks.md; nothing here is a test, and nothing
here may fail for being slow.
"""
