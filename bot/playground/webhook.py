"""Updates brought to the bot's own address, in order within a chat, again and again until taken."""

from __future__ import annotations

import asyncio
import json
import re
from collections import deque
from collections.abc import Callable
from datetime import datetime
from typing import Final

import httpx

from bot.playground.entities import Json
from bot.playground.errors import bad_request
from bot.playground.updates import Pending, Updates

MAX_SECRET: Final = 256
USUAL_CONNECTIONS: Final = 40
MAX_CONNECTIONS: Final = 100
MAX_WAIT: Final = 60.0
_SECRET = re.compile(r"[A-Za-z0-9_-]*")


class Webhook:
    """The webhook, set or not.

    ``retry_seconds`` is the wait after a first failure; each further one doubles it. Plain http is accepted, unlike at
    Telegram: the playground lives on one machine. ``transport`` replaces the network, for receivers in this process.
    """

    def __init__(
        self,
        updates: Updates,
        now: Callable[[], datetime],
        changed: Callable[..., None],
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self.url = ""
        self.retry_seconds = 1.0
        self._updates = updates
        self._now = now
        self._changed = changed
        self._transport = transport
        self._secret = ""
        self._connections = USUAL_CONNECTIONS
        self._error: tuple[int, str] | None = None
        self._client: httpx.AsyncClient | None = None
        self._lanes: dict[int, deque[Pending]] = {}
        self._carriers: set[asyncio.Task[None]] = set()
        self._slots = asyncio.Semaphore(USUAL_CONNECTIONS)
        updates.deliver = self._offer

    def set(self, url: str, secret: str, connections: int) -> None:
        """Bring updates to ``url`` from now on, those that wait first; an empty address stops it.

        Raises ``ApiError`` for an address or a secret Telegram refuses.
        """
        if url and (not url.startswith(("http://", "https://")) or not httpx.URL(url).host):
            raise bad_request("invalid webhook URL specified")
        if len(secret) > MAX_SECRET:
            raise bad_request("secret token is too long")
        if not _SECRET.fullmatch(secret):
            raise bad_request("secret token contains unallowed characters")
        self._stop()
        self.url, self._secret, self._error = url, secret, None
        self._connections = min(max(connections, 1), MAX_CONNECTIONS)
        self._slots = asyncio.Semaphore(self._connections)
        self._changed("webhook", url=url, error="")
        for update in self._updates.pending():
            self._offer(update)

    def info(self) -> Json:
        """The Bot API's ``WebhookInfo``."""
        info: Json = {
            "url": self.url,
            "has_custom_certificate": False,
            "pending_update_count": len(self._updates),
        }
        if self._error is not None:
            info["last_error_date"], info["last_error_message"] = self._error
        if self.url:
            info |= {"max_connections": self._connections, "ip_address": "127.0.0.1"}
        if self._updates.allowed is not None:
            info["allowed_updates"] = sorted(self._updates.allowed)
        return info

    async def aclose(self) -> None:
        """Stop delivering and close connections."""
        carriers = list(self._carriers)
        self._stop()
        await asyncio.gather(*carriers, return_exceptions=True)
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    def _stop(self) -> None:
        for carrier in self._carriers:
            carrier.cancel()
        self._lanes.clear()

    def _offer(self, update: Pending) -> None:
        if not self.url:
            return
        lane = self._lanes.get(update.lane)
        if lane is not None:
            lane.append(update)
            return
        lane = self._lanes[update.lane] = deque([update])
        carrier = asyncio.create_task(self._carry(update.lane, lane))
        self._carriers.add(carrier)
        carrier.add_done_callback(self._carriers.discard)

    async def _carry(self, key: int, lane: deque[Pending]) -> None:
        """Bring one chat's updates, each until it is taken or too old."""
        failures = 0
        while lane:
            update = lane[0]
            if update.id not in self._updates or await self._brought(update):
                self._updates.forget(update.id)
                lane.popleft()
                failures = 0
            else:
                await asyncio.sleep(min(self.retry_seconds * 2**failures, MAX_WAIT))
                failures += 1
        del self._lanes[key]

    async def _brought(self, update: Pending) -> bool:
        self._client = self._client or httpx.AsyncClient(transport=self._transport, timeout=60)
        headers = {"Content-Type": "application/json"}
        if self._secret:
            headers["X-Telegram-Bot-Api-Secret-Token"] = self._secret
        try:
            async with self._slots:
                answer = await self._client.post(self.url, content=json.dumps(update.body), headers=headers)
        except httpx.HTTPError as error:
            return self._failed(str(error) or type(error).__name__)
        if answer.is_success:
            return True
        return self._failed(f"Wrong response from the webhook: {answer.status_code} {answer.reason_phrase}")

    def _failed(self, why: str) -> bool:
        self._error = (int(self._now().timestamp()), why)
        self._changed("webhook", url=self.url, error=why)
        return False
