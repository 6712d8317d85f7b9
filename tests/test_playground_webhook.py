from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.playground.entities import Json
from bot.playground.errors import ApiError
from bot.playground.updates import Updates
from bot.playground.webhook import Webhook
from tests.playground_bot import NOON, HandClock

URL = "http://bot.local/hook"


async def until(happened: Callable[[], bool]) -> None:
    for _ in range(2000):
        if happened():
            return
        await asyncio.sleep(0.001)
    raise TimeoutError


class Receiver:
    """The bot's side: notes what arrives and answers with ``statuses`` in turn, then 200."""

    def __init__(self, *statuses: int) -> None:
        self.statuses = list(statuses)
        self.arrived: list[Json] = []
        self.headers: list[httpx.Headers] = []
        self.gate = asyncio.Event()
        self.gate.set()

    async def take(self, request: Request) -> Response:
        self.headers.append(httpx.Headers(dict(request.headers)))
        self.arrived.append(json.loads(await request.body()))
        await self.gate.wait()
        return Response(status_code=self.statuses.pop(0) if self.statuses else 200)

    async def has(self, count: int) -> list[int]:
        await until(lambda: len(self.arrived) >= count)
        return [update["message"]["n"] for update in self.arrived]

    def transport(self) -> httpx.ASGITransport:
        return httpx.ASGITransport(Starlette(routes=[Route("/hook", self.take, methods=["POST"])]))


class Desk:
    """A queue, a webhook on it, and what the webhook told."""

    def __init__(self, receiver: Receiver) -> None:
        self.clock = HandClock()
        self.updates = Updates(self.clock.now)
        self.told: list[Json] = []
        self.webhook = Webhook(
            self.updates, self.clock.now, lambda _, **data: self.told.append(data), receiver.transport()
        )
        self.webhook.retry_seconds = 0.001

    def put(self, number: int, lane: int = 1) -> None:
        self.updates.put("message", {"n": number}, lane)


@asynccontextmanager
async def opened(receiver: Receiver) -> AsyncIterator[Desk]:
    desk = Desk(receiver)
    try:
        yield desk
    finally:
        await desk.webhook.aclose()


async def settled(desk: Desk) -> None:
    await until(lambda: not len(desk.updates))


async def test_updates_are_posted_as_json_with_the_secret() -> None:
    receiver = Receiver()
    async with opened(receiver) as desk:
        desk.webhook.set(URL, "s-3_cret", 40)
        desk.put(1)
        assert await receiver.has(1) == [1]
        await settled(desk)
    assert receiver.arrived == [{"update_id": int(NOON.timestamp() * 10) % 2**31, "message": {"n": 1}}]
    assert receiver.headers[0]["content-type"] == "application/json"
    assert receiver.headers[0]["x-telegram-bot-api-secret-token"] == "s-3_cret"


async def test_what_waited_comes_first_and_a_webhook_without_secret_sends_none() -> None:
    receiver = Receiver()
    async with opened(receiver) as desk:
        desk.put(1)
        desk.webhook.set(URL, "", 40)
        desk.put(2)
        assert await receiver.has(2) == [1, 2]
    assert "x-telegram-bot-api-secret-token" not in receiver.headers[0]


async def test_a_refused_update_is_brought_again_before_the_next_of_its_chat() -> None:
    receiver = Receiver(500, 503)
    async with opened(receiver) as desk:
        desk.webhook.set(URL, "", 40)
        desk.put(1)
        desk.put(2)
        assert await receiver.has(4) == [1, 1, 1, 2]
        await settled(desk)
        info = desk.webhook.info()
    assert info["last_error_message"] == "Wrong response from the webhook: 503 Service Unavailable"
    assert info["last_error_date"] == int(NOON.timestamp())
    assert [told["error"] for told in desk.told] == [
        "",
        "Wrong response from the webhook: 500 Internal Server Error",
        "Wrong response from the webhook: 503 Service Unavailable",
    ]


async def test_chats_do_not_wait_for_each_other() -> None:
    receiver = Receiver()
    receiver.gate.clear()
    async with opened(receiver) as desk:
        desk.webhook.set(URL, "", 40)
        desk.put(1, lane=1)
        desk.put(2, lane=1)
        desk.put(3, lane=2)
        assert await receiver.has(2) == [1, 3]
        receiver.gate.set()
        assert await receiver.has(3) == [1, 3, 2]


async def test_no_more_connections_than_asked_for() -> None:
    receiver = Receiver()
    receiver.gate.clear()
    async with opened(receiver) as desk:
        desk.webhook.set(URL, "", 1)
        for lane in range(3):
            desk.put(lane, lane)
        assert await receiver.has(1) == [0]
        receiver.gate.set()
        assert await receiver.has(3) == [0, 1, 2]


async def test_an_update_too_old_is_given_up() -> None:
    receiver = Receiver(*[500] * 1000)
    async with opened(receiver) as desk:
        desk.webhook.set(URL, "", 40)
        desk.put(1)
        await receiver.has(2)
        desk.clock.shift = timedelta(days=2)
        await settled(desk)
        brought = len(receiver.arrived)
        await asyncio.sleep(0.01)
        assert len(receiver.arrived) <= brought + 1


async def test_without_a_webhook_updates_wait() -> None:
    receiver = Receiver()
    async with opened(receiver) as desk:
        desk.webhook.set(URL, "", 40)
        desk.webhook.set("", "", 40)
        desk.put(1)
        await asyncio.sleep(0.01)
        assert (receiver.arrived, len(desk.updates)) == ([], 1)
        assert desk.webhook.info() == {"url": "", "has_custom_certificate": False, "pending_update_count": 1}


async def test_a_receiver_that_is_not_there_is_an_error_like_another() -> None:
    desk = Desk(Receiver())
    desk.webhook = Webhook(desk.updates, desk.clock.now, lambda _, **data: desk.told.append(data))
    desk.webhook.set("http://127.0.0.1:9/hook", "", 40)
    desk.put(1)
    await until(lambda: "last_error_message" in desk.webhook.info())
    await desk.webhook.aclose()


@pytest.mark.parametrize(
    ("url", "secret", "why"),
    [
        ("ftp://bot.local", "", "invalid webhook URL specified"),
        ("http://", "", "invalid webhook URL specified"),
        (URL, "a" * 257, "secret token is too long"),
        (URL, "è", "secret token contains unallowed characters"),
    ],
)
def test_wrong_webhooks_are_refused(url: str, secret: str, why: str) -> None:
    desk = Desk(Receiver())
    with pytest.raises(ApiError) as refused:
        desk.webhook.set(url, secret, 40)
    assert str(refused.value) == f"Bad Request: {why}"


def test_the_info_says_what_was_asked_for() -> None:
    desk = Desk(Receiver())
    desk.updates.allow(["message", "callback_query"])
    desk.webhook.set(URL, "", 7)
    assert desk.webhook.info() == {
        "url": URL,
        "has_custom_certificate": False,
        "pending_update_count": 0,
        "max_connections": 7,
        "ip_address": "127.0.0.1",
        "allowed_updates": ["callback_query", "message"],
    }
