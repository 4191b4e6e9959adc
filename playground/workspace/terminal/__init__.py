"""The channel as a person reads it, in a terminal: transcript, live log and prompt."""
