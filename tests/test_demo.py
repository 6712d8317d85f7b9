"""``bot try`` as somebody tries it: a page, an answer, one line where the port is taken, and Ctrl-C."""

from __future__ import annotations

import asyncio
import json
import re
import signal
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx
import pytest

from bot.config import Settings
from bot.demo import INVENTED, STAFF, TUTOR, PortTaken, people, run_playground, season
from bot.playground.entities import Json
from bot.rules.alerts import alerts
from bot.rules.calls import Standing
from tests.desks import Program, town, until
from tests.scene import StillClock

GIULIA, ADAM = 1001, 1002
OPENED = "Il bando per Erasmus+ traineeship è aperto"
ADDRESS = re.compile(r"The chat page is at (http://127\.0\.0\.1:\d+) \(stop with Ctrl-C\)")


@asynccontextmanager
async def trying(folder: Path, *arguments: str) -> AsyncIterator[tuple[Program, httpx.AsyncClient]]:
    async with Program(folder, "try", "--port", "0", *arguments) as program:
        await until(lambda: ADDRESS.search(program.output.read_text("utf-8")) or not program.running, seconds=30)
        found = ADDRESS.search(program.output.read_text("utf-8"))
        assert found is not None, program.log()
        async with httpx.AsyncClient(base_url=found[1]) as page:
            await reachable(page)
            yield program, page


async def reachable(page: httpx.AsyncClient) -> None:
    async with asyncio.timeout(20):
        while True:
            try:
                assert (await page.get("/")).status_code == 200
            except httpx.ConnectError:
                await asyncio.sleep(0.05)
            else:
                return


async def texts(page: httpx.AsyncClient, person_id: int) -> list[str]:
    state: Json = (await page.get("/state")).json()
    chat = state["chats"][str(person_id)]
    return [message["text"] for message in chat["messages"] if message["from"]["is_bot"]]


async def said(page: httpx.AsyncClient, person_id: int, count: int) -> list[str]:
    async with asyncio.timeout(20):
        while len(found := await texts(page, person_id)) < count:
            await asyncio.sleep(0.05)
    return found


async def test_it_works_without_anything_and_goes_on_where_it_was(tmp_path: Path) -> None:
    async with trying(tmp_path, "--db", "kept.db") as (program, page):
        assert "text/html" in (await page.get("/")).headers["content-type"]
        giulia = (await page.get("/state")).json()["people"][0]["id"]
        assert (await page.post("/actions/start", json={"person_id": giulia})).status_code == 200
        assert (await said(page, giulia, 1))[0].startswith("Ciao Giulia")
        await page.post("/actions/say", json={"person_id": giulia, "text": "/plan"})
        assert "A che anno sei?" in (await said(page, giulia, 3))[-1]
        await assert_a_second_one_is_refused(tmp_path, str(page.base_url.port))
        began = asyncio.get_running_loop().time()
        assert await program.end(signal.SIGINT) in {0, 130}
        assert asyncio.get_running_loop().time() - began < 5
    async with trying(tmp_path, "--db", "kept.db") as (program, page), page.stream("GET", "/events") as events:
        assert events.status_code == 200
        await page.post("/actions/say", json={"person_id": giulia, "text": "4"})
        assert "Che cosa vorresti fare" in (await said(page, giulia, 1))[-1]
        assert await program.end(signal.SIGTERM) == 0
    assert "Traceback" not in program.log()


async def assert_a_second_one_is_refused(folder: Path, port: str) -> None:
    async with Program(folder, "try", "--port", port) as second:
        assert await second.status() == 2
        (line,) = [each for each in second.log().splitlines() if each.startswith("bot: ")]
    assert line == f"bot: port {port} cannot be used (Address already in use); choose another with --port"


def test_a_port_that_is_taken_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(PortTaken, match=f"port {taken.getsockname()[1]} cannot be used"):
            run_playground(taken.getsockname()[1], None)


async def write(page: httpx.AsyncClient, person_id: int, text: str) -> str:
    """Write something; what the bot says first in return."""
    before = len(await texts(page, person_id))
    assert (await page.post("/actions/say", json={"person_id": person_id, "text": text})).status_code == 200
    return (await said(page, person_id, before + 1))[before]


async def to_the_opening(page: httpx.AsyncClient, person_id: int) -> float:
    """Press "To the next event" until the call of tomorrow is open; seconds it took somebody to hear of it."""
    for _ in range(5):
        moment = (await page.post("/actions/next-event", json={})).json()["moment"]
        pressed = time.monotonic()
        assert datetime.fromisoformat(moment) > datetime.now(UTC)
        with suppress(TimeoutError):
            async with asyncio.timeout(5):
                while not any(OPENED in text for text in await texts(page, person_id)):
                    await asyncio.sleep(0.05)
            return time.monotonic() - pressed
    raise AssertionError(await texts(page, person_id))


async def test_a_season_is_played_and_begun_only_once(tmp_path: Path) -> None:
    async with trying(tmp_path, "--db", "kept.db") as (_, page):
        assert (await write(page, GIULIA, "/calls")).count(INVENTED) == 3
        assert "Avvisi attivati" in await write(page, GIULIA, "/subscribe all")
        assert (await write(page, ADAM, "/deliveries")).startswith("That command is for the people of the desk")
        assert (await write(page, TUTOR, "/deliveries")).startswith("That command is for the people of the desk")
        assert (await write(page, STAFF, "/start")).startswith("Ciao Marco")
        assert (await said(page, STAFF, 2))[1].startswith("Gestisci lo sportello"), "what admins are told comes after"
        assert (await write(page, STAFF, "/deliveries")).startswith("Messaggi a molti")
        profiles = (await page.get("/profiles")).json()
        admins, tutors = ({each["command"] for each in profiles[str(who)]["menu"]} for who in (STAFF, TUTOR))
        assert {"announce", "move", "withdraw", "broadcast", "deliveries"} < admins
        assert "tickets" in tutors < admins
        assert await to_the_opening(page, GIULIA) < 5, "the desk looks as soon as the clock has moved"
        assert not any(OPENED in text for text in await texts(page, ADAM)), "he asked for nothing"
        async with asyncio.timeout(15):  # it takes its turn in a chat that was written to a moment ago
            while not (canaries := [each for each in await texts(page, STAFF) if "🐤" in each and OPENED in each]):
                await asyncio.sleep(0.1)
        assert len(canaries) == 1
    async with trying(tmp_path, "--db", "kept.db") as (program, page):
        for _ in range(6):  # updates are numbered by the second, so a world begun this soon repeats the last one's
            await page.post("/actions/say", json={"person_id": ADAM, "text": "/help"})
        assert (await write(page, GIULIA, "/calls")).count(INVENTED) == 3
    assert "Traceback" not in program.log()


MOMENTS = ["2026-11-22T09:30", "2026-11-22T22:59:59", "2026-12-31T23:30", "2027-03-27T12:00", "2027-10-29T23:59"]


@pytest.mark.parametrize("moment", MOMENTS)
def test_one_invented_call_is_open_and_two_open_soon(moment: str) -> None:
    now, zone = datetime.fromisoformat(moment).replace(tzinfo=UTC), ZoneInfo("Europe/Rome")
    calls = season(now, zone)
    assert [call.standing(now) for call in calls] == [Standing.CLOSING, Standing.ANNOUNCED, Standing.ANNOUNCED]
    assert len({call.programme for call in calls}) == 3
    assert {call.note for call in calls} == {INVENTED}
    openings = sorted(alert.due_at for call in calls for alert in alerts(call, zone, now))
    assert timedelta() < openings[1] - now < timedelta(days=2), "something happens soon"


def test_the_people_to_play_are_two_students_an_admin_and_a_tutor() -> None:
    world = people(town(StillClock()))
    assert [(each.first_name, each.language_code) for each in world.people.values() if each.demo] == [
        ("Giulia", "it"), ("Adam", "en"), ("Marco", "it"), ("Anna", "en"),
    ]  # fmt: skip
    (group,) = [chat for chat in world.chats.values() if chat.person is None]
    assert (group.title, group.demo, list(group.members)) == ("IMS class", True, [GIULIA, ADAM])
    assert json.dumps([each.user() for each in world.people.values()])
