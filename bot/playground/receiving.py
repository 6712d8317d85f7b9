"""The methods by which updates reach the bot: it fetches them, or has them brought."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bot.playground.call import Call
from bot.playground.entities import Json
from bot.playground.errors import conflict
from bot.playground.server import Server
from bot.playground.webhook import USUAL_CONNECTIONS

MAX_UPDATES: Final = 100
MAX_POLL_SECONDS: Final = 50


@dataclass(kw_only=True)
class GetUpdates(Call):
    """Fetch updates, waiting for the first one if asked to."""

    offset: int = 0
    limit: int = MAX_UPDATES
    timeout: int = 0
    allowed_updates: list[str] | None = None

    async def run(self, server: Server) -> list[Json]:
        """The updates; an empty list when none came in time."""
        if server.webhook.url:
            raise conflict(
                "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
            )
        server.updates.allow(self.allowed_updates)
        limit = min(max(self.limit, 1), MAX_UPDATES)
        seconds = 0 if server.closed.is_set() else min(self.timeout, MAX_POLL_SECONDS)
        return await server.updates.get(self.offset, limit, seconds)


@dataclass(kw_only=True)
class SetWebhook(Call):
    """Have updates brought to an address; an empty one stops it."""

    url: str
    max_connections: int = USUAL_CONNECTIONS
    allowed_updates: list[str] | None = None
    drop_pending_updates: bool = False
    secret_token: str = ""

    def answer(self, server: Server) -> bool:
        """True."""
        if self.drop_pending_updates:
            server.updates.drop()
        server.updates.allow(self.allowed_updates)
        server.webhook.set(self.url, self.secret_token, self.max_connections)
        if self.url:
            server.updates.end_poll(conflict("terminated by setWebhook request"))
        return True


@dataclass(kw_only=True)
class DeleteWebhook(Call):
    """Stop bringing updates; they wait to be fetched."""

    drop_pending_updates: bool = False

    def answer(self, server: Server) -> bool:
        """True."""
        if self.drop_pending_updates:
            server.updates.drop()
        server.webhook.set("", "", USUAL_CONNECTIONS)
        return True


@dataclass(kw_only=True)
class GetWebhookInfo(Call):
    """Where updates are brought, and what went wrong with it last."""

    def answer(self, server: Server) -> Json:
        """The Bot API's ``WebhookInfo``."""
        return server.webhook.info()


RECEIVING: Final[Sequence[type[Call]]] = (GetUpdates, SetWebhook, DeleteWebhook, GetWebhookInfo)
