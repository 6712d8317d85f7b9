"""A call of the Bot API: how its parameters arrive, and how a method declares the ones it reads."""

from __future__ import annotations

import json
import types
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, field, fields
from typing import Any, Union, get_args, get_origin, get_type_hints

from bot.playground.entities import Json
from bot.playground.errors import ApiError, bad_request
from bot.playground.files import StoredFile, Upload
from bot.playground.server import Server

ChatId = int | str
FileInput = Upload | str

# What Telegram says of a parameter that is not there; of any other: Parameter "x" is required.
_MISSING = {
    "action": "wrong parameter action in request",
    "callback_query_id": "query is too old and response timeout expired or query ID is invalid",
    "chat_id": "chat_id is empty",
    "document": "there is no document in the request",
    "file_id": "file_id not specified",
    "from_chat_id": "chat_id is empty",
    "inline_query_id": "query is too old and response timeout expired or query ID is invalid",
    "message_id": "message identifier is not specified",
    "message_ids": "message identifiers are not specified",
    "photo": "there is no photo in the request",
    "text": "message text is empty",
    "user_id": "invalid user_id specified",
    "voice": "there is no voice in the request",
}
# How Telegram calls a parameter whose JSON it cannot read.
_CALLED = {"reply_markup": "reply keyboard markup", "scope": "BotCommandScope", "reaction": "reaction types"}


@dataclass(kw_only=True)
class Call:
    """One call. A subclass is a method of the Bot API of the same name, and its fields are the parameters it reads.

    ``attached`` are the files of a multipart request by the name of their part.
    """

    attached: Mapping[str, Upload] = field(default_factory=dict)

    async def run(self, server: Server) -> object:
        """The result, ready for JSON; raises ``ApiError`` where Telegram refuses."""
        return self.answer(server)

    def answer(self, server: Server) -> object:
        """The same for methods that never wait: most."""
        raise NotImplementedError

    def stored(self, server: Server, kind: str, given: FileInput) -> StoredFile:
        """The file a parameter gives: uploaded with it, attached elsewhere in the request, or known by its id."""
        if isinstance(given, str) and given.startswith("attach://"):
            name = given.removeprefix("attach://")
            if name not in self.attached:
                raise bad_request(f"there is no file attached as {name}")
            given = self.attached[name]
        return server.files.add(kind, given) if isinstance(given, Upload) else server.files.reused(kind, given)


class Method:
    """A kind of call and how to build one from what a request carries."""

    def __init__(self, kind: type[Call]) -> None:
        self.kind = kind
        self.name = kind.__name__[0].lower() + kind.__name__[1:]
        hints = get_type_hints(kind)
        read = [parameter for parameter in fields(kind) if parameter.name != "attached"]
        self.types = {parameter.name: _without_none(hints[parameter.name]) for parameter in read}
        self.required = {p.name for p in read if p.default is MISSING and p.default_factory is MISSING}
        self._readers = [(name, _READERS[hint]) for name, hint in self.types.items()]

    def build(self, given: Json, attached: Mapping[str, Upload]) -> Call:
        """The call; raises ``ApiError`` for a required parameter that is missing or one that cannot be read."""
        arguments: Json = {}
        for name, read in self._readers:
            value = given.get(name)
            if value is not None:
                arguments[name] = read(name, value)
            elif name in self.required:
                raise bad_request(_MISSING.get(name, f'parameter "{name}" is required'))
        return self.kind(attached=attached, **arguments)


def _without_none(hint: Any) -> Any:  # noqa: ANN401 - a type annotation may be anything
    """``X`` for ``X | None``."""
    if get_origin(hint) not in (Union, types.UnionType):
        return hint
    rest = [choice for choice in get_args(hint) if choice is not types.NoneType]
    return rest[0] if len(rest) == 1 else Union[tuple(rest)]  # noqa: UP007 - built at run time


def _integer(_: str, value: object) -> int:
    """As Telegram reads numbers: what is none is 0."""
    try:
        return int(str(value))
    except ValueError:
        return 0


def _chat_id(_: str, value: object) -> ChatId:
    text = str(value).strip()
    return int(text) if text.removeprefix("-").isdecimal() else text


def _boolean(_: str, value: object) -> bool:
    return str(value).lower() in ("true", "yes", "1")


def _text(_: str, value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _file(_: str, value: object) -> FileInput:
    return value if isinstance(value, Upload) else str(value)


def _decoded(name: str, value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value) if value else None
    except ValueError:
        raise _unread(name) from None


def _unread(name: str) -> ApiError:
    return bad_request(f"can't parse {_CALLED.get(name, name.replace('_', ' '))} JSON object")


def _object(name: str, value: object) -> Json | None:
    decoded = _decoded(name, value)
    if decoded is not None and not isinstance(decoded, dict):
        raise bad_request(f"object expected as {name.replace('_', ' ')}")
    return decoded


def _array(name: str, value: object) -> list[Any] | None:
    decoded = _decoded(name, value)
    if decoded is not None and not isinstance(decoded, list):
        raise bad_request(f"expected an Array as {name.replace('_', ' ')}")
    return decoded


def _objects(name: str, value: object) -> list[Json] | None:
    array = _array(name, value)
    if not all(isinstance(item, dict) for item in array or ()):
        raise bad_request(f"can't parse {name.replace('_', ' ')}: expected an Object")
    return array


def _strings(name: str, value: object) -> list[str] | None:
    array = _array(name, value)
    return None if array is None else [str(item) for item in array]


def _integers(name: str, value: object) -> list[int] | None:
    array = _array(name, value)
    return None if array is None else [_integer(name, item) for item in array]


_READERS: dict[Any, Callable[[str, object], object]] = {
    int: _integer,
    bool: _boolean,
    str: _text,
    Json: _object,
    list[Json]: _objects,
    list[str]: _strings,
    list[int]: _integers,
    ChatId: _chat_id,
    FileInput: _file,
}
