"""Who the staff are, and how they are told things nobody asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from bot.rules.messages import Lang, Message, lang_of
from bot.rules.roles import Role
from bot.storage import members, outbox, students
from bot.storage.outbox import ANSWER, Outgoing
from bot.storage.store import Transaction

Written = Callable[[Lang], Message]
"""A message, in the reader's language."""


class Staffroom:
    """Who is staff, and the chat in which the desk hears of what goes out and what goes wrong.

    ``admins`` are those of the settings; ``chat`` is a group of the staff's, without which every admin is told in their
    own chat.
    """

    def __init__(self, admins: frozenset[int], chat: int | None) -> None:
        self.admins, self._chat = admins, chat

    async def chats(self, tx: Transaction) -> list[int]:
        """Where the desk is told what nobody asked for."""
        return [self._chat] if self._chat is not None else await self.everybody(tx)

    def role(self, user_id: int, kept: Role | None) -> Role:
        """Who somebody is: an admin of the settings, else what the tables say (``kept``), else a student."""
        return Role.ADMIN if user_id in self.admins else kept or Role.STUDENT

    async def is_admin(self, tx: Transaction, user_id: int) -> bool:
        """Whether somebody is an admin, as of now."""
        return self.role(user_id, await members.role(tx, user_id)) is Role.ADMIN

    async def everybody(self, tx: Transaction) -> list[int]:
        """All admins, those of the settings and those invited."""
        return sorted(self.admins | set(await members.admins(tx)))

    async def language(self, tx: Transaction, user_id: int) -> Lang:
        """What somebody reads; English where nobody knows."""
        student = await students.get(tx, user_id) if user_id > 0 else None
        return lang_of(student.language if student else None)

    async def tell(
        self,
        tx: Transaction,
        key: str,
        written: Written,
        now: datetime,
        *,
        to: Sequence[int] | None = None,
        ticket: int | None = None,
    ) -> None:
        """Write to the staff's chats, or to some members (``to``); twice with the same ``key`` is once.

        ``ticket`` is what it is about: a reply to it speaks of that.
        """
        items = []
        for chat in await self.chats(tx) if to is None else to:
            parts = written(await self.language(tx, chat)).parts()
            items += [
                Outgoing(f"{key}:{number}:chat:{chat}", chat, "send", part.carried(), ANSWER, now, ticket_id=ticket)
                for number, part in enumerate(parts)
            ]
        await outbox.enqueue(tx, items, now)
