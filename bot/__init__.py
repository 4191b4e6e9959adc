"""The bot, and the core that both processes share."""
