"""What happens outside the bot's own chats: questions typed after its name in any chat, and asked of it in groups.

Nothing is kept of those who ask, nor of what they ask: a card leaves no trace, an answer in a group only the row by
which it is sent.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from bot.clock import Clock, day_in
from bot.desk.arrival import Addressed, Who
from bot.desk.library import Library
from bot.desk.students import CALLS_SHOWN
from bot.rules.letters import Voice
from bot.rules.links import label_behind
from bot.rules.messages import LONGEST_TEXT, Message
from bot.rules.outside import Offer
from bot.rules.outside import Outside as Words
from bot.storage import calls, outbox, updates
from bot.storage.outbox import ANSWER, Outgoing
from bot.storage.store import Store

WORTH = timedelta(minutes=5)
"""For so long an answer in a group is worth sending: later the talk has moved on."""


class Outside:
    """Answers outside the private chats; safe to call for many people at once.

    ``username`` says what Telegram calls the bot, ``send`` that there is something to send; ``staff_chat`` is the group
    in which the desk is told things.
    """

    def __init__(
        self,
        store: Store,
        library: Library,
        clock: Clock,
        username: Callable[[], str],
        send: Callable[[], None],
        staff_chat: int | None = None,
    ) -> None:
        self._store, self._library, self._clock = store, library, clock
        self._username, self._send, self._staff_chat = username, send, staff_chat

    async def offers(self, who: Who, text: str) -> Offer:
        """What somebody can choose from who typed a text after the bot's name."""
        words = await self._words()
        if not text.strip():
            return words.beginning(who.language)
        match = self._library.match(text[:LONGEST_TEXT], usual=who.language, knowledge=words.voice.knowledge)
        return words.offer(match)

    async def hears(self, asked: Addressed) -> None:
        """Somebody spoke to the bot in a group: answer below it, where the answer is sure; else say nothing."""
        said = await self._reply(asked)
        if said is None:
            return
        now = self._clock.now()
        payload = said.carried() | {"reply_to": asked.message_id, "thread": asked.thread}
        key = f"update:{asked.update_id}:0"
        item = Outgoing(key, asked.chat_id, "send", payload, ANSWER, now, expires_at=now + WORTH)
        async with self._store.transaction() as tx:
            if await updates.first_time(tx, asked.update_id, "group", now):
                await outbox.enqueue(tx, [item], now)
        self._send()

    async def _reply(self, asked: Addressed) -> Message | None:
        """What to say in return.

        In the staff's group a reply to a report of the bot's is the staff's talk, unless the bot is named in it.
        """
        words = await self._words()
        if asked.command:
            return words.in_private(asked.language)
        if asked.by_reply and asked.chat_id == self._staff_chat:
            return None
        before = label_behind(asked.link)
        previous = before if before and words.voice.knowledge.answer(before) else None
        found = self._library.match(
            asked.text, previous=previous, usual=asked.language, knowledge=words.voice.knowledge
        )
        return words.in_group(found)

    async def _words(self) -> Words:
        """The words as they hold now, with the calls as they stand."""
        now, voice = self._clock.now(), self._library.voice
        async with self._store.reading() as tx:
            announced = tuple(await calls.listed(tx, now - CALLS_SHOWN))
        knowledge = voice.knowledge.on(day_in(voice.zone, now), announced, now)
        return Words(Voice(knowledge, voice.zone), announced, now, self._username())
