"""The playground held against the published Bot API.

``BOTAPI_SPEC`` names the whole specification (a JSON file with ``methods`` and ``types``); without it a committed
extract is read: the methods the playground has and the types its answers contain. With it the extract itself is
checked too; ``python -m tests.test_playground_contract SPEC`` writes it anew.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest

from bot.playground.api import BotApi, InProcessTransport
from bot.playground.call import ChatId, FileInput
from bot.playground.chats import Person
from bot.playground.entities import Json
from bot.playground.files import Upload
from bot.playground.inline import AnswerInlineQuery
from bot.playground.world import World
from tests.playground_bot import BOT_ID, PNG, ROOT, TOKEN, new_world

EXTRACT = Path(__file__).parent / "data" / "botapi-extract.json"
# The types that appear in what the playground answers or delivers.
TYPES = (
    "AcceptedGiftTypes Animation Audio BotCommand BotDescription BotName BotShortDescription CallbackQuery Chat "
    "ChatFullInfo ChatMember ChatMemberAdministrator ChatMemberBanned ChatMemberLeft ChatMemberMember ChatMemberOwner "
    "ChatMemberUpdated Contact Document File InaccessibleMessage InlineKeyboardButton InlineKeyboardMarkup "
    "InlineQuery Location MaybeInaccessibleMessage MenuButton MenuButtonCommands MenuButtonDefault Message "
    "MessageEntity MessageId MessageOrigin MessageOriginUser PhotoSize Sticker TextQuote Update User Video VideoNote "
    "Voice WebhookInfo"
)
PLAIN: dict[str, type | tuple[type, ...]] = {"Integer": int, "String": str, "Boolean": bool, "Float": (int, float)}
# How the playground reads what the Bot API calls so.
READ_AS = {
    "Integer": (int, ChatId),
    "String": (str, ChatId, FileInput),
    "Boolean": (bool,),
    "InputFile": (FileInput,),
    "Array of Integer": (list[int],),
    "Array of String": (list[str],),
}
CHAT = 1001
GROUP = -1_000_000_002_001


def extract(spec: Json) -> Json:
    """The part of the specification the tests below read."""
    kept = {name: spec["types"][name] for name in TYPES.split()}
    methods = {method.name: spec["methods"][method.name] for method in BotApi(new_world()).methods.values()}
    return {
        "version": spec["version"],
        "methods": {
            name: {"returns": method["returns"], "fields": fields(method)} for name, method in sorted(methods.items())
        },
        "types": {
            name: {"fields": fields(kind)} | ({"subtypes": kind["subtypes"]} if "subtypes" in kind else {})
            for name, kind in sorted(kept.items())
        },
    }


def written(read: Json) -> str:
    """The extract with a line for each method and type."""
    parts = [f'"version": {json.dumps(read["version"])}']
    for part in ("methods", "types"):
        lines = ",\n".join(f" {json.dumps(name)}: {json.dumps(value)}" for name, value in read[part].items())
        parts.append(f'"{part}": {{\n{lines}\n}}')
    return "{\n" + ",\n".join(parts) + "\n}\n"


def fields(described: Json) -> Json:
    """``name: [required, *types]`` of a method or a type."""
    return {field["name"]: [field["required"], *field["types"]] for field in described.get("fields", [])}


def whole_spec() -> Json | None:
    path = os.environ.get("BOTAPI_SPEC")
    read: Json | None = json.loads(Path(path).read_text(encoding="utf-8")) if path else None
    return read


@pytest.fixture(scope="module")
def spec() -> Json:
    """The specification in the extract's shape: all of its types where the whole one is there."""
    whole = whole_spec()
    read: Json = json.loads(EXTRACT.read_text(encoding="utf-8"))
    if whole is not None:
        assert extract(whole) == read, f"run: python -m tests.test_playground_contract {os.environ['BOTAPI_SPEC']}"
        read["types"] = {
            name: {"fields": fields(kind)} | ({"subtypes": kind["subtypes"]} if "subtypes" in kind else {})
            for name, kind in whole["types"].items()
        }
    return read


def test_every_method_and_parameter_exists_and_is_required_as_published(spec: Json) -> None:
    for method in BotApi(new_world()).methods.values():
        published = spec["methods"][method.name]["fields"]
        assert method.types.keys() <= published.keys(), method.name
        assert method.required == {name for name, (required, *_) in published.items() if required}, method.name


def test_every_parameter_is_read_as_the_type_it_has(spec: Json) -> None:
    for method in BotApi(new_world()).methods.values():
        published = spec["methods"][method.name]["fields"]
        for name, hint in method.types.items():
            for kind in published[name][1:]:
                usual = (list[Json],) if kind.startswith("Array of ") else (Json,)
                assert hint in READ_AS.get(kind, usual), f"{method.name}.{name}: {kind} read as {hint}"


def faults(spec: Json, value: object, kind: str, where: str) -> Iterator[str]:
    """What is wrong with ``value`` as a ``kind`` of the Bot API."""
    if kind.startswith("Array of "):
        if not isinstance(value, list):
            yield f"{where} is no array"
            return
        for number, item in enumerate(value):
            yield from faults(spec, item, kind.removeprefix("Array of "), f"{where}[{number}]")
    elif kind in PLAIN:
        if not isinstance(value, PLAIN[kind]) or (kind == "Integer" and isinstance(value, bool)):
            yield f"{where} is no {kind}"
    elif not isinstance(value, dict):
        yield f"{where} is no {kind}"
    elif kind in spec["types"]:
        yield from faults_of_object(spec, value, kind, where)


def faults_of_object(spec: Json, value: Json, kind: str, where: str) -> Iterator[str]:
    described = spec["types"][kind]
    if "subtypes" in described:
        tried = [list(faults(spec, value, name, where)) for name in described["subtypes"] if name in spec["types"]]
        if all(tried):
            yield from min(tried, key=len)
        return
    for name, (required, *kinds) in described["fields"].items():
        if name in value:
            tried = [list(faults(spec, value[name], choice, f"{where}.{name}")) for choice in kinds]
            if all(tried):
                yield from min(tried, key=len)
        elif required:
            yield f"{where}.{name} is missing"
    for name in value.keys() - described["fields"].keys():
        yield f"{where}.{name} is not a field of {kind}"


def test_the_examiner_finds_what_is_wrong(spec: Json) -> None:
    user = {"id": 1, "is_bot": False, "first_name": "Ada"}
    assert list(faults(spec, user, "User", "it")) == []
    assert list(faults(spec, {**user, "id": "1"}, "User", "it")) == ["it.id is no Integer"]
    assert list(faults(spec, {"id": 1, "is_bot": False}, "User", "it")) == ["it.first_name is missing"]
    assert list(faults(spec, {**user, "age": 9}, "User", "it")) == ["it.age is not a field of User"]
    assert list(faults(spec, [user, 5], "Array of User", "it")) == ["it[1] is no User"]
    assert list(faults(spec, {"status": "kicked"}, "ChatMember", "it")) != []


@pytest.fixture
def world() -> World:
    world = new_world()
    world.start(world.add_person("Ada", last_name="Rossi", username="ada"))
    world.add_group("Tutors", [world.people[CHAT]])
    return world


@pytest.fixture
async def http(world: World) -> AsyncIterator[httpx.AsyncClient]:
    transport = InProcessTransport(BotApi(world).app())
    async with httpx.AsyncClient(transport=transport, base_url=f"{ROOT}/bot{TOKEN}/") as client:
        yield client
    await world.aclose()


BUTTONS = json.dumps({"inline_keyboard": [[{"text": "Yes", "callback_data": "y", "style": "primary"}]]})
REPLY = json.dumps({"message_id": 1, "quote": "start"})
ALBUM = json.dumps([{"type": "photo", "media": "attach://photo"}, {"type": "photo", "media": "attach://photo"}])
COMMANDS = json.dumps([{"command": "plan", "description": "What fits"}])
# A good call of every method, in an order in which each finds what it needs: message 2 and 3 are the bot's.
CALLS: list[tuple[str, Json]] = [
    ("getMe", {}),
    ("sendMessage", {"text": "<b>Sure?</b> #yes", "parse_mode": "HTML", "reply_markup": BUTTONS}),
    ("sendMessage", {"text": "yes", "reply_parameters": REPLY, "protect_content": True, "message_effect_id": "5"}),
    ("sendPhoto", {"photo": PNG, "caption": "map"}),
    ("sendDocument", {"document": b"pdf"}),
    ("sendVoice", {"voice": b"ogg"}),
    ("sendMediaGroup", {"media": ALBUM, "photo": PNG}),
    ("copyMessage", {"from_chat_id": CHAT, "message_id": 2}),
    ("copyMessages", {"from_chat_id": CHAT, "message_ids": "[2, 4, 7, 8]", "remove_caption": True}),
    ("forwardMessage", {"from_chat_id": CHAT, "message_id": 2}),
    ("sendChatAction", {"action": "typing"}),
    ("setMessageReaction", {"message_id": 1, "reaction": '[{"type":"emoji","emoji":"👀"}]'}),
    ("editMessageText", {"message_id": 2, "text": "Sure!", "reply_markup": BUTTONS}),
    ("editMessageCaption", {"message_id": 4, "caption": "map!"}),
    ("editMessageReplyMarkup", {"message_id": 2}),
    ("answerCallbackQuery", {"callback_query_id": f"{BOT_ID}00000001"}),
    ("answerInlineQuery", {"inline_query_id": f"{BOT_ID}00000002", "results": "[]"}),
    ("deleteMessage", {"message_id": 3}),
    ("deleteMessages", {"message_ids": "[4, 5]"}),
    ("getChat", {}),
    ("getChat", {"chat_id": GROUP}),
    ("getChatMember", {"user_id": CHAT}),
    ("getChatMember", {"chat_id": GROUP, "user_id": CHAT}),
    ("getChatMember", {"chat_id": GROUP, "user_id": BOT_ID}),
    ("setMyCommands", {"commands": COMMANDS}),
    ("getMyCommands", {}),
    ("deleteMyCommands", {}),
    ("setMyName", {"name": "Desk"}),
    ("getMyName", {}),
    ("setMyDescription", {"description": "Ask"}),
    ("getMyDescription", {}),
    ("setMyShortDescription", {"short_description": "Ask"}),
    ("getMyShortDescription", {}),
    ("setChatMenuButton", {"menu_button": '{"type":"commands"}'}),
    ("getChatMenuButton", {}),
    ("getFile", {"file_id": "PGphoto000001"}),
    ("getUpdates", {}),
    ("setWebhook", {"url": "http://127.0.0.1:9/", "allowed_updates": '["message"]'}),
    ("getWebhookInfo", {}),
    ("deleteWebhook", {}),
    ("close", {}),
    ("logOut", {}),
]


async def call(http: httpx.AsyncClient, name: str, given: Json) -> object:
    files = {key: (f"{key}.bin", value) for key, value in given.items() if isinstance(value, bytes)}
    data = {"chat_id": CHAT} | {key: value for key, value in given.items() if key not in files}
    answer = (await http.post(name, data=data, files=files)).json()
    assert answer["ok"], (name, answer)
    return answer["result"]


async def test_every_answer_has_the_published_shape(spec: Json, http: httpx.AsyncClient, world: World) -> None:
    ada = world.people[CHAT]
    world.ask(ada, CHAT)
    world.ask(ada, CHAT)
    for name, given in CALLS:
        found = await call(http, name, given)
        tried = [list(faults(spec, found, kind, name)) for kind in spec["methods"][name]["returns"]]
        assert not all(tried), min(tried, key=len)
    assert {name for name, _ in CALLS} == spec["methods"].keys()


def things_that_happen(world: World, ada: Person) -> None:
    """Let everything happen that makes an update."""
    message = world.say(ada, "https://unimi.it #erasmus", reply_to=1)[0]
    world.edit(ada, message["message_id"], "changed")
    world.send_sticker(ada, "😀")
    world.send_location(ada, 45.46, 9.19)
    world.send_contact(ada, "+39055", "Chiara", reply_to=1)
    for kind in ("photo", "document", "voice", "video", "audio", "animation", "video_note"):
        world.send_file(ada, kind, Upload("a", PNG))
    album = world.send_album(ada, [("photo", Upload("a", PNG))] * 2, caption="two", reply_to=1)
    world.edit(ada, album[0]["message_id"], "2")
    world.pin(ada, 1)
    world.press(ada, 1, "y", stale=True)
    world.press(ada, 99, "y", stale=True)
    world.block(ada)
    world.unblock(ada)
    query = world.type_inline(ada, "dates")
    offer = {"type": "article", "id": "1", "title": "One", "input_message_content": {"message_text": "Dates"}}
    AnswerInlineQuery(inline_query_id=query.id, results=[offer]).answer(world)
    world.choose(ada, "1")
    forum = world.add_group("Class", [ada])
    world.say(ada, "@desk_bot?", chat_id=forum.id, thread=world.add_topic(forum, ada, "Abroad"))
    group = world.add_group("Desk", [ada], supergroup=False)
    world.set_bot_status(group, ada, "administrator")
    world.migrate(group)


async def test_every_update_has_the_published_shape(spec: Json, http: httpx.AsyncClient, world: World) -> None:
    things_that_happen(world, world.people[CHAT])
    updates = await call(http, "getUpdates", {})
    assert isinstance(updates, list)
    assert {key for update in updates for key in update} == {
        "update_id",
        "message",
        "edited_message",
        "callback_query",
        "inline_query",
        "my_chat_member",
    }
    assert list(faults(spec, updates, "Array of Update", "update")) == []


if __name__ == "__main__":
    whole = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    EXTRACT.parent.mkdir(exist_ok=True)
    EXTRACT.write_text(written(extract(whole)), encoding="utf-8")
