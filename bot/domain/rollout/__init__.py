"""The rollout: our supervised change of one service.

Its record, its states as a table, and the step from one to the next.
"""
