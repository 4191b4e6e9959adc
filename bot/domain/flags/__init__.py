"""What can be typed after a verb: one declarative table, and the kinds of its values."""
