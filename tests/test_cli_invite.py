"""``bot invite``: a link and nothing else on standard output, also while the bot runs, or one line that says why."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.rules.roles import Role
from bot.storage import members
from bot.storage.store import Store
from tests.desks import SECRET, Program, free_port, served, town, url_in
from tests.scene import TOKEN, StillClock
from tests.terminal import Terminal


@pytest.fixture
def bot(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Terminal:
    monkeypatch.chdir(tmp_path)
    return Terminal(monkeypatch, capsys)


async def invite(folder: Path, *arguments: str, **given: str) -> tuple[int, str, str]:
    """Run the command as somebody at a terminal does: its status, what it printed, and its complaint."""
    async with (
        served(town(StillClock())) as address,
        Program(folder, "invite", *arguments, **{"BOT_TOKEN": TOKEN, "BOT_API_URL": address} | given) as program,
    ):
        status = await program.status()
    return status, program.output.read_text("utf-8"), program.log()


@pytest.mark.parametrize("role", [Role.TUTOR, Role.ADMIN])
async def test_it_prints_a_link_that_works(tmp_path: Path, role: Role) -> None:
    status, printed, said = await invite(tmp_path, role)
    assert (status, said) == (0, "")
    address, _, token = printed.strip().partition("?start=invite_")
    assert address == "https://t.me/desk_bot"
    assert printed.count("\n") == 1
    store = Store(f"sqlite:///{tmp_path / 'data' / 'desk.db'}")
    await store.open()
    async with store.reading() as tx:
        found = await members.invitation(tx, token)
    await store.close()
    assert found
    assert (found.role, found.made_by, found.used_at) == (role, None, None)
    assert found.expires_at - found.made_at == timedelta(days=7)
    assert abs(found.made_at - datetime.now(UTC)) < timedelta(minutes=1)


async def test_it_works_beside_a_bot_that_runs_and_draws_a_picture(tmp_path: Path) -> None:
    store = Store(url_in(tmp_path))
    await store.open()
    given = {"DATABASE_URL": url_in(tmp_path)}
    status, printed, _ = await invite(tmp_path, "tutor", "--qr", "link.png", "--days", "2", **given)
    assert status == 0
    async with store.transaction() as tx:
        found = await members.invitation(tx, printed.strip().partition("invite_")[2])
        assert found
        assert await members.join(tx, found, 43, "Marco", found.made_at)
    await store.close()
    assert found.expires_at - found.made_at == timedelta(days=2)
    assert (tmp_path / "link.png").read_bytes().startswith(b"\x89PNG")


async def test_no_link_is_kept_whose_picture_cannot_be_written(tmp_path: Path) -> None:
    given = {"DATABASE_URL": url_in(tmp_path)}
    status, printed, said = await invite(tmp_path, "tutor", "--qr", "nowhere/link.png", **given)
    assert (status, printed) == (2, "")
    assert said == "bot: nowhere/link.png cannot be written: No such file or directory\n"
    store = Store(url_in(tmp_path))
    await store.open()
    async with store.reading() as tx:
        assert await members.open_invitations(tx, datetime.now(UTC)) == []
    await store.close()


async def test_a_token_telegram_does_not_know_is_one_line(tmp_path: Path) -> None:
    status, printed, said = await invite(tmp_path, "tutor", BOT_TOKEN="4242:another-token")
    assert (status, printed, said) == (2, "", "bot: Telegram does not know this bot token\n")
    assert not (tmp_path / "data").exists()


def test_what_cannot_be_used_is_one_line(bot: Terminal) -> None:
    assert "BOT_TOKEN is missing" in bot("invite", "tutor").refused()
    assert "'queen' is not one of 'tutor', 'admin'" in bot("invite", "queen").refused()
    assert "Missing argument" in bot("invite").refused()
    assert "0 is not in the range 1<=x<=90" in bot("invite", "tutor", "--days", "0").refused()


def test_a_server_or_a_database_that_is_none_is_one_line(bot: Terminal) -> None:
    nowhere = {"BOT_TOKEN": TOKEN, "BOT_API_URL": f"http://127.0.0.1:{free_port()}"}
    said = bot("invite", "tutor", **nowhere).refused()
    assert "BOT_API_URL" in said
    assert SECRET not in said
    assert "Usage: " in bot("invite", "--help").done()


async def test_a_database_that_cannot_be_used_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "desk.db").write_text("no database at all, but long enough to be looked at " * 40)
    status, printed, said = await invite(tmp_path, "tutor", DATABASE_URL=url_in(tmp_path))
    assert (status, printed) == (2, "")
    assert said.startswith("bot: The file is not a database")
    assert said.count("\n") == 1
