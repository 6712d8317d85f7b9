"""Cards for what somebody typed after the bot's name, as Telegram shows them."""

from __future__ import annotations

import logging

from telegram import (
    Bot,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InlineQueryResultArticle,
    InlineQueryResultsButton,
    InputTextMessageContent,
    LinkPreviewOptions,
)
from telegram.constants import ParseMode
from telegram.error import BadRequest, TelegramError

from bot.rules.outside import Card, Offer

log = logging.getLogger(__name__)

KEPT = 30
"""Seconds for which Telegram may show the same cards again: when calls open and close, and what of it moved, is said on
them."""
LATE = "query is too old"


async def answer(bot: Bot, query_id: str, offer: Offer) -> None:
    """Show cards; whoever has typed on meanwhile has asked anew, so a failure does not matter."""
    button = InlineQueryResultsButton(offer.button, start_parameter=offer.payload) if offer.button else None
    cards = [_article(card) for card in offer.cards]
    try:
        await bot.answer_inline_query(query_id, cards, cache_time=KEPT, is_personal=True, button=button)
    except BadRequest as error:
        log.log(logging.DEBUG if LATE in str(error).lower() else logging.WARNING, "cards were not shown: %s", error)
    except TelegramError as error:
        log.debug("cards were not shown: %s", type(error).__name__)


def _article(card: Card) -> InlineQueryResultArticle:
    buttons = [[InlineKeyboardButton(each.text, url=each.url) for each in row] for row in card.message.buttons]
    return InlineQueryResultArticle(
        card.label,
        card.title,
        InputTextMessageContent(
            card.message.text, ParseMode.HTML, link_preview_options=LinkPreviewOptions(is_disabled=True)
        ),
        reply_markup=InlineKeyboardMarkup(buttons),
        description=card.preview,
    )
