"""The baseline: python-telegram-bot as its documentation shows it, echoing texts (or, with "empty", doing nothing)."""

from __future__ import annotations

import os
import sys

from telegram import Update
from telegram.ext import Application, ContextTypes, MessageHandler, filters


async def echo(update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
    if update.message:
        await update.message.reply_text(update.message.text or "")


def main() -> None:
    base = os.environ["BOT_API_URL"]
    application = Application.builder().token(os.environ["BOT_TOKEN"]).base_url(f"{base}/bot").build()
    if sys.argv[1:] != ["empty"]:
        application.add_handler(MessageHandler(filters.TEXT, echo))
    application.run_polling()


main()
