"""The rules of the desk, pure: no input or output, no clock, no Telegram, no database."""
