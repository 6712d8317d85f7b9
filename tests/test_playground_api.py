from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator

import httpx
import pytest
from telegram import Bot, Message
from telegram.error import BadRequest, Forbidden, InvalidToken, NetworkError, RetryAfter, TimedOut

from bot.playground.api import BotApi, InProcessTransport
from bot.playground.chats import Person
from bot.playground.entities import Json
from bot.playground.faults import Fault, FaultKind
from bot.playground.world import World
from tests.playground_bot import BOT_ID, PNG, ROOT, TOKEN, open_bot


@pytest.fixture(autouse=True)
def _times_as_timedelta(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PTB_TIMEDELTA", "true")


@pytest.fixture
async def bot(world: World) -> AsyncIterator[Bot]:
    async with open_bot(world, read_timeout=0.2) as bot:
        yield bot


@pytest.fixture
async def http(world: World) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=InProcessTransport(BotApi(world).app()), base_url=ROOT) as client:
        yield client


def result(answer: httpx.Response) -> Json:
    assert answer.headers["content-type"] == "application/json"
    read: Json = answer.json()
    assert read["ok"] is True
    assert isinstance(read["result"], dict)
    return read["result"]


@pytest.mark.parametrize(
    ("path", "code", "description"),
    [
        (f"/bot{TOKEN}x/getMe", 401, "Unauthorized"),
        ("/botnonsense/getMe", 404, "Not Found"),
        ("/botnonsense", 404, "Not Found"),
        (f"/bot{TOKEN}/", 404, "Not Found"),
        (f"/bot{TOKEN}/makeCoffee", 404, "Not Found: method not found"),
        (f"/file/bot{TOKEN}/documents/none.pdf", 404, "Not Found"),
        (f"/file/bot{TOKEN}x/documents/none.pdf", 401, "Unauthorized"),
    ],
)
async def test_a_wrong_address_is_refused(http: httpx.AsyncClient, path: str, code: int, description: str) -> None:
    answer = await http.get(path)
    assert answer.status_code == code
    assert answer.json() == {"ok": False, "error_code": code, "description": description}


async def test_a_call_may_come_in_four_shapes_and_any_case(http: httpx.AsyncClient, ada: Person) -> None:
    keyboard = {"inline_keyboard": [[{"text": "Yes", "callback_data": "y"}]]}
    plain = {"chat_id": str(ada.id), "text": "hi", "reply_markup": json.dumps(keyboard)}
    path = f"/bot{TOKEN}/sendMessage"
    answers = [
        await http.get(path.replace("sendMessage", "SENDMESSAGE"), params=plain),
        await http.post(path, data=plain),
        await http.post(path, json={"chat_id": ada.id, "text": "hi", "reply_markup": keyboard}),
        await http.post(path, data=plain, files={"ignored": b"x"}),
        await http.post(path, params=plain),
    ]
    for answer in answers:
        message = result(answer)
        assert (message["text"], message["reply_markup"]) == ("hi", keyboard)


@pytest.mark.parametrize(
    ("body", "description"),
    [
        (b"{", "Bad Request: can't parse JSON object"),
        (b"[]", "Bad Request: object expected"),
        (b"", "Bad Request: chat_id is empty"),
        (b'{"chat_id": 1001}', "Bad Request: message text is empty"),
    ],
)
async def test_a_broken_body_is_refused(http: httpx.AsyncClient, ada: Person, body: bytes, description: str) -> None:
    assert ada.started
    headers = {"Content-Type": "application/json"}
    answer = await http.post(f"/bot{TOKEN}/sendMessage", content=body, headers=headers)
    assert (answer.status_code, answer.json()["description"]) == (400, description)


async def test_files_come_as_parts_or_attached_and_go_out_again(http: httpx.AsyncClient, ada: Person) -> None:
    photo = result(await http.post(f"/bot{TOKEN}/sendPhoto", data={"chat_id": ada.id}, files={"photo": ("a.png", PNG)}))
    assert photo["photo"][0]["width"] == 640
    data = {"chat_id": ada.id, "document": "attach://part"}
    message = result(await http.post(f"/bot{TOKEN}/sendDocument", data=data, files={"part": ("b.pdf", b"pdf")}))
    assert message["document"]["file_name"] == "b.pdf"
    file = result(await http.get(f"/bot{TOKEN}/getFile", params={"file_id": message["document"]["file_id"]}))
    assert (await http.get(f"/file/bot{TOKEN}/{file['file_path']}")).content == b"pdf"


async def test_a_wait_is_told_in_the_body_and_the_header(http: httpx.AsyncClient, world: World, ada: Person) -> None:
    world.faults.add(Fault(FaultKind.TOO_MANY, seconds=9))
    answer = await http.post(f"/bot{TOKEN}/sendMessage", data={"chat_id": ada.id, "text": "hi"})
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "9")
    assert answer.json() == {
        "ok": False,
        "error_code": 429,
        "description": "Too Many Requests: retry after 9",
        "parameters": {"retry_after": 9},
    }


async def test_the_library_starts_and_talks(bot: Bot, ada: Person) -> None:
    await bot.initialize()
    assert bot.id == BOT_ID
    assert isinstance(await bot.send_message(ada.id, "hi"), Message)
    await bot.shutdown()


async def test_the_library_sees_a_wrong_token(world: World) -> None:
    async with open_bot(world, f"{BOT_ID}:other") as stranger:
        with pytest.raises(InvalidToken):
            await stranger.get_me()


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        (FaultKind.TOO_MANY, RetryAfter),
        (FaultKind.BLOCKED, Forbidden),
        (FaultKind.DEACTIVATED, Forbidden),
        (FaultKind.NOT_FOUND, BadRequest),
        (FaultKind.SERVER_ERROR, NetworkError),
        (FaultKind.BAD_GATEWAY, NetworkError),
        (FaultKind.HANG_BEFORE, TimedOut),
    ],
)
async def test_a_fault_arrives_as_the_librarys_error_and_nothing_is_done(
    bot: Bot, world: World, ada: Person, kind: FaultKind, error: type[Exception]
) -> None:
    world.faults.add(Fault(kind, "sendMessage", ada.id, times=1))
    with pytest.raises(error):
        await bot.send_message(ada.id, "hi")
    assert len(world.messages(ada.id)) == 1
    await bot.send_message(ada.id, "hi")


async def test_a_hang_after_the_work_times_out_though_delivered(bot: Bot, world: World, ada: Person) -> None:
    world.faults.add(Fault(FaultKind.HANG_AFTER))
    with pytest.raises(TimedOut):
        await bot.send_message(ada.id, "hi")
    assert [message["text"] for message in world.messages(ada.id)] == ["/start", "hi"]


async def test_a_hang_ends_with_its_time_or_with_the_playground(http: httpx.AsyncClient, world: World) -> None:
    number = world.faults.add(Fault(FaultKind.HANG_BEFORE, seconds=0.01))
    assert (await http.get(f"/bot{TOKEN}/getMe")).status_code == 504
    world.faults.remove(number)
    world.faults.add(Fault(FaultKind.HANG_BEFORE, seconds=60))
    hanging = asyncio.create_task(http.get(f"/bot{TOKEN}/getMe"))
    await asyncio.sleep(0.01)
    await world.aclose()
    assert (await hanging).status_code == 504


async def test_a_slow_call_is_late_but_done(bot: Bot, world: World, ada: Person) -> None:
    world.faults.add(Fault(FaultKind.SLOW, seconds=0.05))
    began = time.monotonic()
    await bot.send_message(ada.id, "hi")
    assert time.monotonic() - began >= 0.05


async def test_several_faults_meet_in_one_call(bot: Bot, world: World, ada: Person) -> None:
    world.faults.add(Fault(FaultKind.HANG_AFTER))
    world.faults.add(Fault(FaultKind.BLOCKED))
    with pytest.raises(Forbidden):
        await bot.send_message(ada.id, "hi")
