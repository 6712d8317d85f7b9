"""Who the staff are, and how they are told things nobody asked for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from bot.rules.messages import Lang, Message
from bot.storage import outbox, students
from bot.storage.outbox import ANSWER, Outgoing
from bot.storage.store import Transaction

Written = Callable[[Lang], Message]
"""A message, in the reader's language."""


class Staffroom:
    """The admins, and the chat in which the desk hears of what goes out and what goes wrong.

    ``chat`` is a group of the staff's; without one every admin is told in their own chat.
    """

    def __init__(self, admins: frozenset[int], chat: int | None) -> None:
        self.admins = admins
        self.chats = (chat,) if chat is not None else tuple(sorted(admins))

    def admits(self, user_id: int) -> bool:
        """Whether somebody is staff, as of now."""
        return user_id in self.admins

    async def language(self, tx: Transaction, user_id: int) -> Lang:
        """What somebody reads; English where nobody knows."""
        student = await students.get(tx, user_id) if user_id > 0 else None
        return "it" if student and student.language == "it" else "en"

    async def tell(self, tx: Transaction, key: str, written: Written, now: datetime, *, to: int | None = None) -> None:
        """Write to the staff's chats, or to one member (``to``); twice with the same ``key`` is once."""
        items = []
        for chat in self.chats if to is None else (to,):
            parts = written(await self.language(tx, chat)).parts()
            items += [
                Outgoing(f"{key}:{number}:chat:{chat}", chat, "send", part.carried(), ANSWER, now)
                for number, part in enumerate(parts)
            ]
        await outbox.enqueue(tx, items, now)
