from __future__ import annotations

from dataclasses import dataclass

import pytest

from bot.playground.call import Call, ChatId, FileInput, Method
from bot.playground.entities import Json
from bot.playground.errors import ApiError
from bot.playground.files import Upload
from bot.playground.server import Server
from tests.playground_bot import TOKEN, HandClock


@dataclass(kw_only=True)
class DoThing(Call):
    chat_id: ChatId
    text: str
    count: int = 3
    loud: bool = False
    file: FileInput | None = None
    reply_markup: Json | None = None
    things: list[Json] | None = None
    names: list[str] | None = None
    numbers: list[int] | None = None

    def answer(self, server: Server) -> str:
        return f"{self.text} at {server.unix()}"


def built(**given: object) -> DoThing:
    call = Method(DoThing).build({"chat_id": 7, "text": "hi", **given}, {})
    assert isinstance(call, DoThing)
    return call


def test_a_method_knows_its_name_and_parameters() -> None:
    method = Method(DoThing)
    assert method.name == "doThing"
    assert method.required == {"chat_id", "text"}
    assert method.types["chat_id"] == int | str
    assert method.types["reply_markup"] == Json
    assert "attached" not in method.types


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ({"chat_id": "-1005"}, {"chat_id": -1005}),
        ({"chat_id": "@ada"}, {"chat_id": "@ada"}),
        ({"text": 5}, {"text": "5"}),
        ({"text": ""}, {"text": ""}),
        ({"count": "4"}, {"count": 4}),
        ({"count": "many"}, {"count": 0}),
        ({"count": None}, {"count": 3}),
        ({"loud": "True"}, {"loud": True}),
        ({"loud": True}, {"loud": True}),
        ({"loud": "no"}, {"loud": False}),
        ({"file": "id"}, {"file": "id"}),
        ({"file": Upload("a", b"x")}, {"file": Upload("a", b"x")}),
        ({"reply_markup": '{"a": 1}'}, {"reply_markup": {"a": 1}}),
        ({"reply_markup": {"a": 1}}, {"reply_markup": {"a": 1}}),
        ({"reply_markup": ""}, {"reply_markup": None}),
        ({"things": '[{"a": 1}]'}, {"things": [{"a": 1}]}),
        ({"names": '["a"]'}, {"names": ["a"]}),
        ({"numbers": '[1, "2"]'}, {"numbers": [1, 2]}),
        ({"unknown": "x"}, {}),
    ],
)
def test_parameters_are_read_as_text_or_as_json(given: Json, read: Json) -> None:
    call = built(**given)
    for name, value in read.items():
        assert getattr(call, name) == value


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"text": None}, "message text is empty"),
        ({"chat_id": None}, "chat_id is empty"),
        ({"reply_markup": "{"}, "can't parse reply keyboard markup JSON object"),
        ({"reply_markup": "[]"}, "object expected as reply markup"),
        ({"things": "{}"}, "expected an Array as things"),
        ({"things": "[1]"}, "can't parse things: expected an Object"),
    ],
)
def test_unreadable_parameters_are_refused(given: Json, why: str) -> None:
    with pytest.raises(ApiError) as refused:
        built(**given)
    assert str(refused.value) == f"Bad Request: {why}"


async def test_a_call_runs_and_takes_files_from_three_places() -> None:
    server = Server(TOKEN, clock=HandClock())
    call = built()
    assert await call.run(server) == f"hi at {server.unix()}"
    call.attached = {"part": Upload("a.pdf", b"x")}
    uploaded = call.stored(server, "document", Upload("b.pdf", b"y"))
    assert call.stored(server, "document", "attach://part").upload.name == "a.pdf"
    assert call.stored(server, "document", uploaded.id) is uploaded
    with pytest.raises(ApiError, match="there is no file attached as other"):
        call.stored(server, "document", "attach://other")
