"""What goes to Telegram, and what every answer of it, or of whatever stands in between, means for the message."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

import aiohttp
import httpx
import pytest
from telegram import Bot
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
    TimedOut,
)

from bot.playground.chats import Person
from bot.playground.faults import Fault, FaultKind
from bot.playground.world import World
from bot.rules.delivery import Gone, Halted, Migrated, NotSent, Outcome, Refused, RetryAt, Sent, ServerError, Unknown
from bot.transport import connection
from bot.transport.connection import Connection
from bot.transport.sender import Sender, keyboard, outcome_of
from tests.desks import free_port
from tests.playground_bot import open_bot

TOKEN = "4242:a-token-nobody-may-read"


@pytest.fixture(autouse=True)
def _durations(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PTB_TIMEDELTA", "true")  # as the desk sets it


@pytest.fixture
def ada(world: World) -> Person:
    person = world.add_person("Ada")
    world.start(person)
    return person


@pytest.fixture
async def sender(world: World) -> AsyncIterator[Sender]:
    async with open_bot(world, read_timeout=0.2) as bot:
        yield Sender(bot)


# Where a message goes


async def test_in_a_group_a_message_may_be_a_reply_in_a_topic(sender: Sender, world: World, ada: Person) -> None:
    group = world.add_group("Class", [ada])
    thread = world.add_topic(group, ada, "Abroad")
    asked = world.say(ada, "hey @desk_bot", chat_id=group.id, thread=thread)[0]["message_id"]
    payload = {"text": "there", "buttons": [], "reply_to": asked, "thread": thread}
    assert isinstance(await sender.deliver(group.id, "send", payload), Sent)
    sent = world.messages(group.id)[-1]
    assert (sent["reply_to_message"]["message_id"], sent["message_thread_id"]) == (asked, thread)
    world.delete(ada, asked, chat_id=group.id)
    assert isinstance(await sender.deliver(group.id, "send", payload), Sent), "the question has gone meanwhile"
    assert "reply_to_message" not in world.messages(group.id)[-1]
    outcome = await sender.deliver(group.id, "send", payload | {"thread": thread + 50})
    assert outcome == Refused("Message thread not found")


# What every error means


def caused(error: TelegramError, cause: BaseException) -> TelegramError:
    error.__cause__ = cause
    return error


def wrapped(cause: BaseException) -> TelegramError:
    return caused(NetworkError(f"Unknown error in HTTP implementation: {cause!r}"), cause)


def page(error: TelegramError) -> TelegramError:
    return caused(error, TelegramError("Invalid server response"))


ERRORS: list[tuple[TelegramError, Outcome]] = [
    (ChatMigrated(-100), Migrated(-100)),
    (InvalidToken("Unauthorized"), Halted("Unauthorized")),
    (Conflict("other"), Halted("other")),
    (Forbidden("Forbidden: bot was blocked by the user"), Gone("Forbidden: bot was blocked by the user")),
    (Forbidden("Forbidden: user is deactivated"), Gone("Forbidden: user is deactivated")),
    (BadRequest("Chat not found"), Gone("Chat not found")),
    (BadRequest("PEER_ID_INVALID"), Gone("PEER_ID_INVALID")),
    (BadRequest("Can't parse entities"), Refused("Can't parse entities")),
    (BadRequest("Message is not modified"), Refused("Message is not modified")),
    (TimedOut(), Unknown("TimedOut")),
    (caused(TimedOut(), httpx.ReadTimeout("")), Unknown("ReadTimeout")),
    (caused(TimedOut(), httpx.PoolTimeout("")), NotSent("PoolTimeout")),
    (caused(TimedOut(), httpx.ConnectTimeout("")), NotSent("ConnectTimeout")),
    (wrapped(httpx.ConnectError("")), NotSent("ConnectError")),
    (wrapped(httpx.RemoteProtocolError("")), Unknown("RemoteProtocolError")),
    (wrapped(aiohttp.ServerDisconnectedError()), Unknown("ServerDisconnectedError")),
    (wrapped(aiohttp.ClientOSError()), Unknown("ClientOSError")),
    (wrapped(aiohttp.SocketTimeoutError()), Unknown("SocketTimeoutError")),
    (wrapped(aiohttp.ConnectionTimeoutError()), NotSent("ConnectionTimeoutError")),
    (NetworkError("Bad Gateway"), ServerError("Bad Gateway")),
    (NetworkError("Internal Server Error"), ServerError("Internal Server Error")),
    (NetworkError("Gateway Timeout"), Unknown("Gateway Timeout")),
    (
        page(NetworkError("Bad Gateway (502). Parsing the server response b'…' failed")),
        ServerError("Bad Gateway (502)"),
    ),
    (
        page(NetworkError("Gateway Timeout (504). Parsing the server response b'…' failed")),
        Unknown("Gateway Timeout (504)"),
    ),
    (page(Forbidden("Forbidden (403). Parsing the server response b'…' failed")), NotSent("Forbidden (403)")),
    (page(InvalidToken("Not Found (404). Parsing the server response b'…' failed")), NotSent("Not Found (404)")),
    (TelegramError("Invalid server response"), Unknown("Invalid server response")),
    (TelegramError("something else"), Refused("something else")),
]


@pytest.mark.parametrize("told", [7, timedelta(seconds=7)])
def test_a_pause_is_as_long_as_it_was_told(told: int | timedelta) -> None:
    assert outcome_of(RetryAfter(told)) == RetryAt(7.0)


@pytest.mark.parametrize(("error", "outcome"), ERRORS, ids=lambda value: str(value)[:40])
def test_every_error_has_its_meaning(error: TelegramError, outcome: Outcome) -> None:
    assert outcome_of(error) == outcome


@pytest.mark.parametrize(
    "said",
    [
        "Message is not modified: …",
        "Message to edit not found",
        "Message can't be edited",
        "Message to delete not found",
    ],
)
def test_an_edit_that_comes_too_late_has_done_its_work(said: str) -> None:
    assert outcome_of(BadRequest(said), editing=True) == Sent(None)
    assert outcome_of(BadRequest(said)) == Refused(said)


def test_buttons_carry_one_thing_each() -> None:
    given = [[{"text": "a", "data": "1|c|plan"}, {"text": "b", "url": "https://x.it"}], [{"text": "c", "copy": "d"}]]
    assert keyboard(given) == {
        "inline_keyboard": [
            [{"text": "a", "callback_data": "1|c|plan"}, {"text": "b", "url": "https://x.it"}],
            [{"text": "c", "copy_text": {"text": "d"}}],
        ]
    }
    assert keyboard([]) is None


# On the playground


async def test_a_message_arrives_with_its_looks_and_buttons(sender: Sender, world: World, ada: Person) -> None:
    rows = [
        [{"text": "go", "data": "1|c|plan"}, {"text": "see", "url": "https://unimi.it/"}],
        [{"text": "copy", "copy": "x"}],
    ]
    sent = await sender.deliver(ada.id, "send", {"text": "<b>Hi</b> &lt;you&gt; https://unimi.it", "buttons": rows})
    message = world.messages(ada.id)[-1]
    assert sent == Sent(message["message_id"])
    assert message["text"] == "Hi <you> https://unimi.it"
    assert message["entities"][0] == {"type": "bold", "offset": 0, "length": 2}
    assert message["link_preview_options"] == {"is_disabled": True}
    assert message["reply_markup"] == keyboard(rows)


async def test_an_edit_replaces_text_and_buttons(sender: Sender, world: World, ada: Person) -> None:
    sent = await sender.deliver(ada.id, "send", {"text": "one", "buttons": [[{"text": "go", "data": "1|c|plan"}]]})
    assert isinstance(sent, Sent)
    edit: dict[str, object] = {"text": "two", "buttons": [], "message_id": sent.message_id}
    assert await sender.deliver(ada.id, "edit", edit) == sent
    assert await sender.deliver(ada.id, "edit", edit) == Sent(None)
    message = world.messages(ada.id)[-1]
    assert message["text"] == "two"
    assert "reply_markup" not in message


async def test_the_edit_of_a_vanished_message_is_no_failure(sender: Sender, ada: Person) -> None:
    assert await sender.deliver(ada.id, "edit", {"text": "two", "message_id": 999}) == Sent(None)


async def test_a_menu_is_one_persons(sender: Sender, world: World, ada: Person) -> None:
    other = world.add_person("Ben")
    world.start(other)
    assert await sender.deliver(ada.id, "menu", {"commands": {"plan": "che cosa fa per me"}}) == Sent(None)
    assert [(each["command"], each["description"]) for each in world.menu(ada)] == [("plan", "che cosa fa per me")]
    assert world.menu(other) == []


CALENDAR = "BEGIN:VCALENDAR\r\nSUMMARY:Il bando è aperto 🟢\r\nEND:VCALENDAR\r\n"
FILE = {"filename": "mobility.ics", "content": CALENDAR, "caption": "<b>3</b> days &amp; a call"}


async def test_a_file_arrives_with_its_caption_and_buttons(sender: Sender, world: World, ada: Person) -> None:
    keys = [[{"text": "go", "data": "1|c|plan"}], [{"text": "see", "url": "https://unimi.it/"}]]
    sent = await sender.deliver(ada.id, "document", {**FILE, "buttons": keys})
    message = world.messages(ada.id)[-1]
    assert sent == Sent(message["message_id"])
    assert (message["caption"], message["caption_entities"][0]["type"]) == ("3 days & a call", "bold")
    assert message["reply_markup"] == keyboard(keys)
    file = message["document"]
    assert (file["file_name"], file["mime_type"]) == ("mobility.ics", "text/calendar")
    assert world.files.get(file["file_id"]).upload.content == CALENDAR.encode()


async def test_a_file_may_come_without_words(sender: Sender, world: World, ada: Person) -> None:
    assert isinstance(await sender.deliver(ada.id, "document", {"filename": "a.ics", "content": "x"}), Sent)
    assert not {"caption", "reply_markup"} & world.messages(ada.id)[-1].keys()
    assert isinstance(await sender.deliver(ada.id, "document", {**FILE, "content": ""}), Refused)
    assert isinstance(await sender.deliver(ada.id, "document", {**FILE, "caption": "<b>x"}), Refused)


async def test_a_deletion_is_done_once_and_a_second_time_is_done_too(sender: Sender, world: World, ada: Person) -> None:
    sent = await sender.deliver(ada.id, "send", {"text": "one"})
    assert isinstance(sent, Sent)
    assert await sender.deliver(ada.id, "delete", {"message_id": sent.message_id}) == sent
    assert sent.message_id not in [message["message_id"] for message in world.messages(ada.id)]
    assert await sender.deliver(ada.id, "delete", {"message_id": sent.message_id}) == Sent(None)


async def test_what_is_too_old_to_be_deleted_is_refused(sender: Sender, world: World, ada: Person) -> None:
    sent = await sender.deliver(ada.id, "send", {"text": "one"})
    assert isinstance(sent, Sent)
    world.advance(timedelta(hours=49))
    came = await sender.deliver(ada.id, "delete", {"message_id": sent.message_id})
    assert came == Refused("Message can't be deleted for everyone")
    assert world.messages(ada.id)[-1]["text"] == "one"


async def test_no_commands_take_a_menu_back(sender: Sender, world: World, ada: Person) -> None:
    await sender.deliver(ada.id, "menu", {"commands": {"plan": "che cosa fa per me"}})
    assert await sender.deliver(ada.id, "menu", {"commands": {}}) == Sent(None)
    assert world.menu(ada) == []


@pytest.mark.parametrize(
    ("method", "called", "payload"),
    [
        ("document", "sendDocument", FILE),
        ("delete", "deleteMessage", {"message_id": 2}),
        ("edit", "editMessageText", {"message_id": 2, "text": "two"}),
        ("menu", "setMyCommands", {"commands": {"plan": "x"}}),
    ],
)
async def test_every_method_meets_the_same_fates(
    sender: Sender, world: World, ada: Person, method: str, called: str, payload: dict[str, object]
) -> None:
    await sender.deliver(ada.id, "send", {"text": "one"})
    for kind, outcome in (
        (FaultKind.TOO_MANY, RetryAt(3.0)),
        (FaultKind.BLOCKED, Gone("Forbidden: bot was blocked by the user")),
        (FaultKind.SERVER_ERROR, ServerError("Internal Server Error")),
        (FaultKind.HANG_AFTER, Unknown("ReadTimeout")),
    ):
        world.faults.add(Fault(kind, called, times=1, seconds=3))
        assert await sender.deliver(ada.id, method, payload) == outcome
        assert not world.faults


@pytest.mark.parametrize("text", ["<b>never closed", "", " ", "x" * 4097, "<unknown>x</unknown>"])
async def test_what_telegram_will_never_take_is_refused(sender: Sender, ada: Person, text: str) -> None:
    assert isinstance(await sender.deliver(ada.id, "send", {"text": text}), Refused)


async def test_button_data_over_the_limit_is_refused(sender: Sender, ada: Person) -> None:
    rows = [[{"text": "go", "data": "x" * 65}]]
    assert isinstance(await sender.deliver(ada.id, "send", {"text": "x", "buttons": rows}), Refused)


@pytest.mark.parametrize(
    ("kind", "outcome"),
    [
        (FaultKind.TOO_MANY, RetryAt),
        (FaultKind.BLOCKED, Gone),
        (FaultKind.DEACTIVATED, Gone),
        (FaultKind.NOT_FOUND, Gone),
        (FaultKind.SERVER_ERROR, ServerError),
        (FaultKind.BAD_GATEWAY, ServerError),
        (FaultKind.HANG_BEFORE, Unknown),
        (FaultKind.HANG_AFTER, Unknown),
    ],
)
async def test_what_the_playground_says(
    sender: Sender, world: World, ada: Person, kind: FaultKind, outcome: type[Outcome]
) -> None:
    world.faults.add(Fault(kind, "sendMessage", times=1, seconds=3))
    came = await sender.deliver(ada.id, "send", {"text": "x"})
    assert isinstance(came, outcome)
    assert came == RetryAt(3.0) or not isinstance(came, RetryAt)


async def test_people_who_are_not_there(sender: Sender, world: World, ada: Person) -> None:
    world.delete_account(ada)
    stranger = world.add_person("Eva")
    for chat in (ada.id, stranger.id, 424242):
        assert isinstance(await sender.deliver(chat, "send", {"text": "x"}), Gone)


async def test_a_group_that_became_a_supergroup_says_where_it_went(sender: Sender, world: World, ada: Person) -> None:
    group = world.add_group("IMS", [ada], supergroup=False)
    new = world.migrate(group)
    assert await sender.deliver(group.id, "send", {"text": "x"}) == Migrated(new.id)


# On a real connection


def reply(status: str, body: str, kind: str = "text/html") -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()


ADDRESS = f'<a href="/bot{TOKEN}/sendMessage">you asked for this</a>'
GATEWAYS: list[tuple[bytes | None, Outcome]] = [
    (b"", Unknown("ServerDisconnectedError")),
    (None, Unknown("SocketTimeoutError")),
    (b"HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\n{", Unknown("ClientPayloadError")),
    (b"nonsense\r\n\r\n", Unknown("ClientResponseError")),
    (reply("200 OK", "<html>Welcome to the hotel</html>"), Unknown("Invalid server response")),
    (reply("302 Found\r\nLocation: /elsewhere", ADDRESS), NotSent("Found (302)")),
    (reply("403 Forbidden", ADDRESS), NotSent("Forbidden (403)")),
    (reply("404 Not Found", ADDRESS), NotSent("Not Found (404)")),
    (reply("502 Bad Gateway", ADDRESS), ServerError("Bad Gateway (502)")),
    (reply("504 Gateway Timeout", ADDRESS), Unknown("Gateway Timeout (504)")),
    (reply("401 Unauthorized", '{"ok":false,"description":"Unauthorized"}'), Halted("Unauthorized")),
]


@asynccontextmanager
async def gateway(answer: bytes | None) -> AsyncIterator[Sender]:
    """A server that takes a request and answers with these bytes; None: with silence."""

    over: list[asyncio.Event] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        over.append(asyncio.Event())
        await reader.readuntil(b"\r\n\r\n")
        if answer is not None:
            writer.write(answer)
            writer.close()
        await reader.read()
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()
        over[-1].set()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        async with reaching(server.sockets[0].getsockname()[1]) as sender:
            yield sender
        async with asyncio.timeout(5):
            await asyncio.gather(*(each.wait() for each in over))


@asynccontextmanager
async def reaching(port: int) -> AsyncIterator[Sender]:
    request = Connection()
    await request.initialize()
    try:
        yield Sender(Bot(TOKEN, base_url=f"http://127.0.0.1:{port}/bot", request=request))
    finally:
        await request.shutdown()


@pytest.mark.parametrize(("answer", "outcome"), GATEWAYS, ids=lambda value: str(value)[:30])
async def test_what_may_stand_between_us_and_telegram(
    answer: bytes | None, outcome: Outcome, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "READ", 0.1)
    async with gateway(answer) as sender:
        assert await sender.deliver(1, "send", {"text": "x"}) == outcome


async def test_a_connection_that_is_refused_has_sent_nothing() -> None:
    async with reaching(free_port()) as sender:
        assert await sender.deliver(1, "send", {"text": "x"}) == NotSent("ClientConnectorError")


async def test_a_connection_that_was_never_opened_has_sent_nothing() -> None:
    sender = Sender(Bot(TOKEN, request=Connection()))
    assert isinstance(await sender.deliver(1, "send", {"text": "x"}), NotSent)
