"""A local Telegram to try the bot on; it imports nothing from the rest of the program."""
