"""Fetches updates and confirms to Telegram only what is committed.

python-telegram-bot's own polling confirms an update before its handler has run, and stops for good at an update it
cannot parse. Here the offset moves only past updates that were dealt with; what cannot be parsed is parked.
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from telegram import Bot, Update
from telegram.error import Conflict, InvalidToken, NetworkError, RetryAfter, TelegramError

from bot.clock import Clock
from bot.transport.sender import from_gateway, seconds_of

log = logging.getLogger(__name__)

HOLD = 30
"""Seconds for which Telegram holds a request open while nothing happens."""
AT_ONCE = 16
"""Chats dealt with at the same time."""
LONGEST_PAUSE = 30.0
"""The longest pause, in seconds, between two tries to reach Telegram."""
WANTED = (
    Update.MESSAGE,
    Update.EDITED_MESSAGE,
    Update.CALLBACK_QUERY,
    Update.INLINE_QUERY,
    Update.MY_CHAT_MEMBER,
)
"""Kinds of updates asked for, at every call: left out, Telegram keeps the setting of the call before."""

Deal = Callable[[Update, bool], Awaitable[bool]]
"""(update, whether few are waiting) -> whether it was dealt with and may be confirmed."""
Park = Callable[[int, str, str], Awaitable[bool]]
"""(update_id, kind, what went wrong) -> whether the note of it was committed."""


class Polling:
    """The loop around ``getUpdates``."""

    def __init__(self, bot: Bot, deal: Deal, park: Park, clock: Clock) -> None:
        self._bot, self._deal, self._park, self._clock = bot, deal, park, clock
        self._offset: int | None = None
        self._room = asyncio.Semaphore(AT_ONCE)

    async def run(self) -> None:
        """Fetch and deal with updates until cancelled.

        Raises:
            InvalidToken: Telegram does not know the token; there is no point in going on.
        """
        pause = 0.0
        while True:
            try:
                batch = await self._fetch()
            except TelegramError as error:
                if isinstance(error, InvalidToken) and not from_gateway(error):
                    raise
                pause = _longer(pause, error)
                log.warning("getUpdates failed (%s), next try in %.0f s", type(error).__name__, pause)
                await self._clock.sleep(pause)
                continue
            held_up = not await self._deal_with(batch)
            pause = _longer(pause, None) if held_up else 0.0
            if held_up:
                log.error("updates could not be stored, next try in %.0f s", pause)
                await self._clock.sleep(pause)

    async def _fetch(self) -> list[dict[str, Any]]:
        wanted: dict[str, Any] = {"timeout": HOLD, "allowed_updates": list(WANTED), "limit": 100}
        if self._offset is not None:
            wanted["offset"] = self._offset
        # The raw answer: get_updates() parses a batch as a whole, and one update it cannot parse would stop them all.
        try:
            batch = await self._bot._post("getUpdates", wanted, read_timeout=HOLD + 10)  # noqa: SLF001 - see above
        except (KeyError, TypeError) as error:
            raise NetworkError("the answer has not the shape of the Bot API") from error
        if not isinstance(batch, list):
            raise NetworkError("the answer holds no list of updates")
        return [raw for raw in batch if _is_update(raw)]

    async def _deal_with(self, batch: Sequence[dict[str, Any]]) -> bool:
        """Deal with a batch, in order within a chat, chats side by side; False when some must be fetched again."""
        lanes: dict[int, list[dict[str, Any]]] = defaultdict(list)
        for raw in batch:
            lanes[_chat_of(raw)].append(raw)
        few = len(batch) <= AT_ONCE // 2
        unfinished = await asyncio.gather(*(self._lane(lane, few=few) for lane in lanes.values()))
        undone = [update_id for update_id in unfinished if update_id is not None]
        if batch:
            self._offset = min(undone) if undone else int(batch[-1]["update_id"]) + 1
        return not undone

    async def _lane(self, lane: Sequence[dict[str, Any]], *, few: bool) -> int | None:
        """Deal with one chat's updates; the id of the first that was not dealt with, or None."""
        async with self._room:
            for raw in lane:
                if not await self._one(raw, few=few):
                    return int(raw["update_id"])
        return None

    async def _one(self, raw: dict[str, Any], *, few: bool) -> bool:
        try:
            update = Update.de_json(raw, self._bot)
        except Exception as error:  # noqa: BLE001 - whatever an unknown shape makes the parser do
            kind = next((key for key in raw if key != "update_id"), "empty")
            said = type(error).__name__  # not the whole: it may quote what a person wrote
            log.error("update %s (%s) cannot be parsed: %s", raw["update_id"], kind, said)  # noqa: TRY400 - for that
            return await self._park(int(raw["update_id"]), kind, type(error).__name__)
        return await self._deal(update, few)


def _is_update(raw: object) -> bool:
    known = isinstance(raw, dict) and isinstance(raw.get("update_id"), int)
    if not known:
        log.error("something without an update_id was among the updates; it is left out")
    return known


def _longer(pause: float, error: TelegramError | None) -> float:
    if isinstance(error, RetryAfter):
        return seconds_of(error)
    if isinstance(error, Conflict):
        return LONGEST_PAUSE / 3
    grown = min(max(1.0, pause * 2), LONGEST_PAUSE)
    return grown if error is None or isinstance(error, NetworkError) else LONGEST_PAUSE


def _chat_of(raw: dict[str, Any]) -> int:
    """The chat an update belongs to, read from its raw form (0: none)."""
    for body in raw.values():
        if isinstance(body, dict):
            holder = body.get("message") if isinstance(body.get("message"), dict) else body
            chat = holder.get("chat") if isinstance(holder, dict) else None
            if isinstance(chat, dict) and isinstance(chat.get("id"), int):
                return int(chat["id"])
            sender = body.get("from")
            if isinstance(sender, dict) and isinstance(sender.get("id"), int):
                return int(sender["id"])
    return 0
