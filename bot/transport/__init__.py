"""Telegram: the only code, besides the composition root, that knows its library."""
