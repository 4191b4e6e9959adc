"""The second process: it carries out what the bot recorded. The only one with Docker."""
