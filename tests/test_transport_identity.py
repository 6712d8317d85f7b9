"""What the bot is called, asked once; and in one line why it cannot be learned, never with the token."""

from __future__ import annotations

import pytest
from pydantic import SecretStr

from bot.transport.identity import NameUnknown, username
from tests.desks import SECRET, free_port, served, town
from tests.scene import TOKEN, StillClock


async def test_the_name_is_the_bot_s_own() -> None:
    async with served(town(StillClock())) as address:
        assert await username(SecretStr(TOKEN), address) == "desk_bot"
        assert await username(SecretStr(TOKEN), f"{address}/") == "desk_bot"


async def test_a_token_telegram_does_not_know() -> None:
    async with served(town(StillClock())) as address:
        with pytest.raises(NameUnknown, match="does not know this bot token"):
            await username(SecretStr("4242:another-token"), address)


@pytest.mark.parametrize("path", ["", "/somewhere/else"])
async def test_a_server_that_is_none(path: str) -> None:
    async with served(town(StillClock())) as address:
        wrong = f"{address}{path}" if path else f"http://127.0.0.1:{free_port()}"
        with pytest.raises(NameUnknown, match="BOT_API_URL") as refused:
            await username(SecretStr(TOKEN), wrong)
    assert SECRET not in str(refused.value)
    assert refused.value.__cause__ is None
