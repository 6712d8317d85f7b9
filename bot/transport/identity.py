"""Who the bot is on Telegram, for those who need to know it without running the desk."""

from __future__ import annotations

from pydantic import SecretStr
from telegram import Bot
from telegram.error import InvalidToken, TelegramError

from bot.transport.connection import Connection
from bot.transport.sender import from_gateway


class NameUnknown(Exception):
    """What the bot is called cannot be learned; the message says why."""


async def username(token: SecretStr, api_url: str) -> str:
    """What Telegram calls the bot of a token, without the ``@``.

    Raises:
        NameUnknown: Telegram does not know the token, or cannot be reached.
    """
    asking, updates = Connection(), Connection()
    bot = Bot(token.get_secret_value(), f"{api_url.rstrip('/')}/bot", request=asking, get_updates_request=updates)
    try:
        await bot.initialize()
    except (TelegramError, KeyError, TypeError) as error:  # the last two: an answer of another shape
        if isinstance(error, InvalidToken) and not from_gateway(error):
            raise NameUnknown("Telegram does not know this bot token") from None
        raise NameUnknown(
            f"the server of BOT_API_URL does not answer as Telegram does ({type(error).__name__})"
        ) from None
    else:
        return bot.username
    finally:
        await asking.shutdown()
        await updates.shutdown()
