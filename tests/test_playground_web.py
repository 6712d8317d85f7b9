from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from bot.playground.web import MAX_ACTION, MAX_ALBUM, create_app
from bot.playground.world import World
from tests.playground_bot import NOON, PNG, TOKEN, new_world

SCRIPT = b"<script>alert(1)</script>"
CALENDAR = b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"


class Page:
    """The page's requests to one world, without a browser."""

    def __init__(self, world: World, client: httpx.AsyncClient) -> None:
        self.world = world
        self.client = client
        self.adam = next(person for person in world.people.values() if person.first_name == "Adam")

    async def state(self) -> Any:  # noqa: ANN401 - JSON
        return (await self.client.get("/state")).raise_for_status().json()

    async def act(self, name: str, **fields: object) -> httpx.Response:
        return await self.client.post(f"/actions/{name}", json=fields)

    async def bot(self, method: str, **fields: object) -> Any:  # noqa: ANN401 - whatever the method answers
        answer = await self.client.post(f"/bot{TOKEN}/{method}", json=fields)
        return answer.raise_for_status().json()["result"]

    async def send_file(self, content: bytes, **query: str) -> httpx.Response:
        parameters = {"person_id": str(self.adam.id), "kind": "document", "name": "a.html", **query}
        return await self.client.post("/files", params=parameters, content=content)


@pytest.fixture
async def page() -> AsyncIterator[Page]:
    world = new_world()
    transport = httpx.ASGITransport(create_app(world))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8080") as client:
        yield Page(world, client)
    await world.aclose()


async def events(page: Page, query: str = "", **headers: str) -> list[tuple[str, dict[str, Any]]]:
    """Everything that is told until the feed closes: ids and data."""
    answer = asyncio.create_task(page.client.get(f"/events{query}", headers=headers))
    await asyncio.sleep(0.05)
    page.world.feed.add("clock", now="", shift=0)
    page.world.feed.close()
    blocks = (await answer).text.replace("\r\n", "\n").strip().split("\n\n")
    lines = [dict(line.split(": ", 1) for line in block.split("\n")) for block in blocks]
    return [(block["id"], json.loads(block["data"])) for block in lines if "data" in block]


async def test_the_page_and_its_parts_are_there(page: Page) -> None:
    answer = await page.client.get("/")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    html = answer.text
    for part in ("main.js", "chat.css", "icons.svg", "words.js"):
        assert (await page.client.get(f"/static/{part}")).status_code == 200
    assert "http://" not in html
    assert "https://" not in html
    assert (await page.client.get("/static/../web.py")).status_code == 404
    assert (await page.client.get("/static/%2e%2e/web.py")).status_code == 404


async def test_a_world_without_people_is_given_some_and_others_keep_theirs() -> None:
    world = new_world()
    create_app(world)
    assert [person.first_name for person in world.people.values()] == ["Giulia", "Adam", "Prof. Rossi"]
    other = new_world()
    other.add_person("Marta", demo=True)
    create_app(other)
    assert len(other.people) == 1


async def test_the_state_is_all_the_page_shows(page: Page) -> None:
    page.world.add_person("Nobody's", last_name="Toy")
    await page.bot("setMyDescription", description="Ciao", language_code="it")
    await page.bot("setMyCommands", commands=[{"command": "plan", "description": "which one"}])
    await page.act("say", person_id=page.adam.id, text="hello /plan")
    state = await page.state()
    assert [person["first_name"] for person in state["people"]] == ["Giulia", "Adam", "Prof. Rossi"]
    assert [person["started"] for person in state["people"]] == [False, True, False]
    [message] = state["chats"][str(page.adam.id)]["messages"]
    assert (message["text"], message["entities"][0]["type"]) == ("hello /plan", "bot_command")
    assert {profile["description"] for profile in state["profiles"].values()} == {"Ciao", ""}
    assert state["profiles"][str(page.adam.id)]["menu"] == [{"command": "plan", "description": "which one"}]
    assert (state["now"], state["shift"], state["zone"]) == (NOON.isoformat(), 0, "Europe/Rome")
    assert (state["last"], state["bot"]["username"]) == (page.world.feed.number, "desk_bot")


async def test_a_menu_of_ones_own_is_in_ones_profile(page: Page) -> None:
    commands = [{"command": "tickets", "description": "what is open"}]
    await page.act("start", person_id=page.adam.id)
    await page.bot("setMyCommands", commands=commands, scope={"type": "chat", "chat_id": page.adam.id})
    profiles = (await page.client.get("/profiles")).json()
    assert profiles[str(page.adam.id)]["menu"] == commands
    assert sum(bool(profile["menu"]) for profile in profiles.values()) == 1


async def test_actions_say_why_they_were_refused(page: Page) -> None:
    page.world.block(page.adam)
    refused = await page.act("say", person_id=page.adam.id, text="hello")
    assert (refused.status_code, "blocked" in refused.json()["error"]) == (409, True)
    unclear = await page.act("say", person_id=page.adam.id)
    assert (unclear.status_code, unclear.json()) == (400, {"error": "text: Field required"})
    assert (await page.act("explode")).status_code == 404
    assert (await page.client.get("/actions/reset")).status_code == 405


async def test_the_next_event_is_asked_for_and_told(page: Page) -> None:
    async def next_event() -> datetime | None:
        await asyncio.sleep(0)
        return NOON + timedelta(days=1)

    refused = await page.act("next-event")
    assert (refused.status_code, refused.json()) == (409, {"error": "this bot tells nobody what it plans"})
    page.world.next_event = next_event
    assert (await page.act("next-event")).json() == {"moment": "2026-11-21T12:00:00+00:00"}
    assert (await page.state())["now"] == "2026-11-21T12:00:01+00:00"


async def test_a_calendar_sent_as_a_document_is_saved_as_it_is(page: Page) -> None:
    await page.act("start", person_id=page.adam.id)
    keys = {"inline_keyboard": [[{"text": "Stop", "callback_data": "stop"}]]}
    sent = await page.client.post(
        f"/bot{TOKEN}/sendDocument",
        data={"chat_id": page.adam.id, "document": "attach://calendar", "caption": "<b>It opens</b>",
              "parse_mode": "HTML", "reply_markup": json.dumps(keys)},
        files={"calendar": ("call.ics", CALENDAR, "text/calendar")},
    )  # fmt: skip
    message = sent.json()["result"]
    assert (message["document"]["file_name"], message["document"]["mime_type"]) == ("call.ics", "text/calendar")
    assert (message["caption"], message["caption_entities"][0]["type"]) == ("It opens", "bold")
    assert message["reply_markup"] == keys
    saved = await page.client.get(f"/files/{message['document']['file_id']}")
    assert (saved.content, saved.headers["content-disposition"]) == (CALENDAR, "attachment")


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff", b"{" + b" " * MAX_ACTION + b"}"])
async def test_a_body_that_is_no_action_is_refused(page: Page, body: bytes) -> None:
    answer = await page.client.post("/actions/say", content=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, set(answer.json())) == (400, {"error"})


async def test_an_action_is_json_and_nothing_a_form_could_send(page: Page) -> None:
    for kind in ("text/plain", "application/x-www-form-urlencoded"):
        answer = await page.client.post("/actions/reset", content=b"{}", headers={"Content-Type": kind})
        assert answer.status_code == 400


async def test_pictures_are_shown_and_all_other_files_are_only_saved(page: Page) -> None:
    await page.send_file(PNG, kind="photo", caption="map & <b>")
    await page.send_file(SCRIPT)
    photo, document = page.world.messages(page.adam.id)
    assert photo["caption"] == "map & <b>"
    shown = await page.client.get(f"/files/{photo['photo'][-1]['file_id']}")
    assert (shown.headers["content-type"], shown.content) == ("image/png", PNG)
    saved = await page.client.get(f"/files/{document['document']['file_id']}")
    assert (saved.headers["content-type"], saved.content) == ("application/octet-stream", SCRIPT)
    assert saved.headers["content-disposition"] == "attachment"
    assert saved.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert (await page.client.get("/files/unknown")).status_code == 404


async def test_files_that_cannot_be_sent_are_refused(page: Page) -> None:
    assert (await page.send_file(b"")).status_code == 409
    assert (await page.send_file(b"x" * (10 * 2**20 + 1), kind="photo")).status_code == 409
    assert (await page.send_file(b"x" * (50 * 2**20 + 1))).status_code == 413
    assert (await page.send_file(b"x", kind="sticker")).status_code == 400
    assert (await page.send_file(b"x", person_id="someone")).status_code == 400
    page.world.block(page.adam)
    assert (await page.send_file(b"x")).status_code == 409


async def test_a_file_may_be_a_reply_until_what_it_answers_has_gone(page: Page) -> None:
    await page.act("start", person_id=page.adam.id)
    await page.send_file(b"ogg", kind="voice", reply_to="1")
    await page.send_file(b"mp4", kind="video", reply_to="99")
    _, voice, video = page.world.messages(page.adam.id)
    assert voice["reply_to_message"]["text"] == "/start"
    assert "reply_to_message" not in video


async def send_album(page: Page, *parts: tuple[str, bytes], **query: str) -> httpx.Response:
    files = [(kind, (f"{number}.bin", content, "image/png")) for number, (kind, content) in enumerate(parts)]
    return await page.client.post("/albums", params={"person_id": str(page.adam.id), **query}, files=files)


async def test_several_files_are_sent_as_an_album(page: Page) -> None:
    await page.act("start", person_id=page.adam.id)
    answer = await send_album(page, ("photo", PNG), ("video", b"x"), caption="both", reply_to="1")
    first, second = page.world.messages(page.adam.id)[1:]
    assert answer.json() == {"message_ids": [first["message_id"], second["message_id"]]}
    assert (first["caption"], first["media_group_id"]) == ("both", second["media_group_id"])
    assert ("photo" in first, second["video"]["file_name"]) == (True, "1.bin")
    assert second["reply_to_message"]["text"] == "/start"
    assert (await send_album(page, ("photo", PNG))).status_code == 409
    assert (await send_album(page, ("photo", PNG), ("photo", b""))).status_code == 409
    assert (await send_album(page, ("photo", PNG), ("document", PNG))).status_code == 409
    assert (await send_album(page, ("photo", PNG), ("photo", PNG), person_id="5")).status_code == 400


async def test_an_album_has_a_weight_it_may_not_pass(page: Page) -> None:
    headers = {"Content-Length": str(MAX_ALBUM + 1)}
    answer = await page.client.post("/albums", params={"person_id": str(page.adam.id)}, headers=headers)
    assert answer.status_code == 413


@pytest.mark.parametrize(
    ("content", "kind"),
    [(b"\0\0\0\x20ftypisom", "video/mp4"), (b"\x1a\x45\xdf\xa3", "video/webm"), (b"OggS", "audio/ogg")],
)
async def test_what_can_be_played_is_served_as_what_it_is(page: Page, content: bytes, kind: str) -> None:
    await page.send_file(content, kind="video")
    sent = page.world.messages(page.adam.id)[0]["video"]["file_id"]
    assert (await page.client.get(f"/files/{sent}")).headers["content-type"] == kind


async def test_reactions_are_part_of_the_state(page: Page) -> None:
    await page.act("start", person_id=page.adam.id)
    reaction = [{"type": "emoji", "emoji": "👍"}]
    await page.bot("setMessageReaction", chat_id=page.adam.id, message_id=1, reaction=reaction)
    assert (await page.state())["chats"][str(page.adam.id)]["reactions"] == {"1": reaction}


async def test_what_happens_is_told_as_it_happens(page: Page) -> None:
    state = await page.state()
    await page.act("say", person_id=page.adam.id, text="hello")
    told = await events(page, f"?after={state['world']}-{state['last']}")
    assert [data["kind"] for _, data in told] == ["person", "message", "clock"]
    number, message = told[1]
    assert number == f"{state['world']}-{state['last'] + 2}"
    assert (message["chat_id"], message["message"]["text"]) == (page.adam.id, "hello")


async def test_a_page_that_was_away_is_told_what_it_missed(page: Page) -> None:
    state = await page.state()
    await page.act("say", person_id=page.adam.id, text="one")
    await page.act("say", person_id=page.adam.id, text="two")
    last = f"{state['world']}-{page.world.feed.number - 1}"
    told = await events(page, f"?after={state['world']}-{state['last']}", **{"Last-Event-ID": last})
    assert [data.get("message", {}).get("text") for _, data in told] == ["two", None]


@pytest.mark.parametrize("seen", ["", "?after=", "?after=other-3", "?after=12", "?after=other-x"])
async def test_a_page_of_another_run_is_told_to_read_everything_again(page: Page, seen: str) -> None:
    told = await events(page, seen)
    assert [data["kind"] for _, data in told] == ["reset", "clock"]
    assert told[0][0].startswith((await page.state())["world"])


async def test_chats_the_page_does_not_play_are_not_told(page: Page) -> None:
    state = await page.state()
    stranger = page.world.add_person("Stranger")
    page.world.say(stranger, "psst")
    page.world.add_group("Tutors", [stranger])
    told = await events(page, f"?after={state['world']}-{state['last']}")
    assert [data["kind"] for _, data in told] == ["clock"]


async def test_the_groups_of_the_page_are_part_of_the_state_and_told(page: Page) -> None:
    world = page.world
    group = world.add_group("Class", [page.adam], demo=True)
    world.add_group("Tutors", [page.adam])
    state = await page.state()
    assert state["groups"] == [{"id": group.id, "title": "Class", "members": [page.adam.id]}]
    await page.act("say", person_id=page.adam.id, chat_id=group.id, text="hello @desk_bot")
    await page.act("inline", person_id=page.adam.id, chat_id=group.id, text="dates")
    *_, asked = await page.bot("getUpdates")
    await page.bot("answerInlineQuery", inline_query_id=asked["inline_query"]["id"], results=[])
    world.add_group("New", [page.adam], demo=True)
    told = await events(page, f"?after={state['world']}-{state['last']}")
    assert [data["kind"] for _, data in told] == ["message", "answered", "chat", "clock"]
    assert (told[0][1]["chat_id"], told[1][1]["results"]) == (group.id, [])
    state = await page.state()
    assert [message["text"] for message in state["chats"][str(group.id)]["messages"]] == ["hello @desk_bot"]
    assert [each["title"] for each in state["groups"]] == ["Class", "New"]


async def test_the_bot_lives_at_the_same_address(page: Page) -> None:
    await page.act("start", person_id=page.adam.id)
    [update] = await page.bot("getUpdates")
    assert update["message"]["text"] == "/start"
    await page.bot("sendMessage", chat_id=page.adam.id, text="welcome")
    state = await page.state()
    assert [message["text"] for message in state["chats"][str(page.adam.id)]["messages"]] == ["/start", "welcome"]
