from __future__ import annotations

import httpx
import pytest

from bot.playground.web import create_app
from tests.playground_bot import TOKEN, new_world

HERE = "http://127.0.0.1:8080"


async def status(path: str = "/state", method: str = "GET", **headers: str) -> int:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    transport = httpx.ASGITransport(create_app(new_world()))
    async with httpx.AsyncClient(transport=transport, base_url=HERE) as client:
        return (await client.request(method, path, headers=named, json={} if method == "POST" else None)).status_code


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:80", "127.9.8.7:1", "localhost:80", "LocalHost", "[::1]:99"])
async def test_this_machine_is_answered(host: str) -> None:
    assert await status(host=host) == 200


@pytest.mark.parametrize(
    "host",
    ["", "evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "me@127.0.0.1", "192.168.0.2", "[::2]"],
)
async def test_a_name_that_was_made_to_point_here_is_not(host: str) -> None:
    assert await status(host=host) == 403
    assert await status("/", host=host) == 403
    assert await status(f"/bot{TOKEN}/getMe", host=host) == 403


@pytest.mark.parametrize("origin", ["https://evil.example", "http://localhost:8080", "http://127.0.0.1:9999", "null"])
async def test_another_page_is_not_answered(origin: str) -> None:
    assert await status("/actions/reset", "POST", origin=origin) == 403
    assert await status(f"/bot{TOKEN}/getMe", "POST", origin=origin) == 403
    assert await status("/state", origin=origin) == 403


async def test_the_page_itself_and_programs_are_answered() -> None:
    assert await status("/actions/reset", "POST", origin=HERE, sec_fetch_site="same-origin") == 200
    assert await status("/actions/reset", "POST") == 200
    assert await status(f"/bot{TOKEN}/getMe", "POST") == 200


async def test_a_link_elsewhere_may_lead_to_the_page_and_to_nothing_else() -> None:
    opened = {"sec_fetch_site": "cross-site", "sec_fetch_mode": "navigate"}
    assert await status("/", **opened) == 200
    assert await status(f"/bot{TOKEN}/getMe", **opened) == 403
    assert await status("/", sec_fetch_site="cross-site", sec_fetch_mode="no-cors") == 403
    assert await status("/state", sec_fetch_site="same-site", sec_fetch_mode="cors") == 403


async def test_answers_are_sealed() -> None:
    transport = httpx.ASGITransport(create_app(new_world()))
    async with httpx.AsyncClient(transport=transport, base_url=HERE) as client:
        for path in ("/", "/state", "/static/main.js", "/nowhere"):
            headers = (await client.get(path)).headers
            assert headers["content-security-policy"].startswith("default-src 'self';")
            assert "unsafe" not in headers["content-security-policy"]
            assert headers["x-content-type-options"] == "nosniff"
            assert headers["cross-origin-resource-policy"] == "same-origin"
            assert "access-control-allow-origin" not in headers
