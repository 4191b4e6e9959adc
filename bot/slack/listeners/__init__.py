"""One file per kind of payload; each listener is three lines: parse, use case, ack."""
