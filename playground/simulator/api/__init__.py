"""The Docker Engine API over a simulation: paths, filters, shapes and words as measured.

https://docs.docker.com/reference/api/engine/version/v1.41/
"""
