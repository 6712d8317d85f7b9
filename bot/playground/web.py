"""The playground as one web application: the Bot API for the bot, a chat page for people."""

from __future__ import annotations

import json
import secrets
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Final, TypedDict

from pydantic import ValidationError
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.applications import Starlette
from starlette.datastructures import UploadFile
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from bot.playground.actions import ACTIONS, still_there
from bot.playground.api import BotApi
from bot.playground.chats import Chat, Person
from bot.playground.entities import Json
from bot.playground.errors import ApiError, NotPossibleError
from bot.playground.feed import Event
from bot.playground.files import MAX_UPLOAD, Upload
from bot.playground.guard import Guard
from bot.playground.world import World

ZONE: Final = "Europe/Rome"
MAX_ACTION: Final = 2**20
_STATIC: Final = Path(__file__).parent / "static"
_RETRY_MS: Final = 1000
_FILE_KINDS: Final = ("photo", "document", "voice", "video", "audio")
# All the files of an album together.
MAX_ALBUM: Final = 4 * MAX_UPLOAD
# Whom a world without people to play is given: first name, last name, language.
_CAST: Final = (("Giulia", "Ferri", "it"), ("Adam", "Novak", "en"), ("Prof. Rossi", "", "it"))
# How the files begin that a browser may show or play; all others are only saved.
_SHOWN: Final = {
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF8": "image/gif",
    b"RIFF": "image/webp",
    b"OggS": "audio/ogg",
    b"ID3": "audio/mpeg",
    b"\x1a\x45\xdf\xa3": "video/webm",
}
_MP4: Final = slice(4, 8), b"ftyp"


def create_app(world: World) -> Starlette:
    """The Bot API and the page; a world without people to play is given three.

    It binds nothing itself. Close the world before the server is stopped: its feed keeps connections open.
    """
    if not any(person.demo for person in world.people.values()):
        for first, last, language in _CAST:
            world.add_person(first, last_name=last, language_code=language, demo=True)
    page = _Page(world)
    routes = [
        *BotApi(world).routes(),
        Route("/", page.index, methods=["GET"]),
        Route("/state", page.state, methods=["GET"]),
        Route("/profiles", page.profiles, methods=["GET"]),
        Route("/events", page.events, methods=["GET"]),
        Route("/actions/{name}", page.act, methods=["POST"]),
        Route("/files", page.upload, methods=["POST"]),
        Route("/albums", page.album, methods=["POST"]),
        Route("/files/{file_id}", page.file, methods=["GET"]),
        Mount("/static", StaticFiles(directory=_STATIC)),
    ]
    return Starlette(routes=routes, middleware=[Middleware(Guard)])


class _Words(TypedDict):
    caption: str
    reply_to: int | None


class _Page:
    """The page's side of the application.

    ``id`` is this run's: a page that remembers another reads everything again.
    """

    def __init__(self, world: World) -> None:
        self.world = world
        self.id = secrets.token_hex(8)

    async def index(self, _: Request) -> Response:
        return FileResponse(_STATIC / "index.html")

    async def state(self, _: Request) -> Response:
        """Everything the page shows, and the number of the last event in it."""
        world = self.world
        played = self._played()
        return JSONResponse(
            {
                "world": self.id,
                "last": world.feed.number,
                "zone": ZONE,
                "now": world.now().isoformat(),
                "shift": world.clock.shift.total_seconds(),
                "bot": {"id": world.bot_id, "username": world.username},
                "people": [_described(person) for person in played],
                "groups": [_described_group(chat) for chat in world.chats.values() if chat.demo],
                "profiles": self._profiles(),
                "chats": {chat_id: self._chat(chat_id) for chat_id in world.chats if self._is_played(chat_id)},
                "faults": world.faults.listed(),
                "limits": world.limits.on,
            }
        )

    async def profiles(self, _: Request) -> Response:
        """What the bot says of itself to each person, and the menu it offers them."""
        return JSONResponse(self._profiles())

    async def events(self, request: Request) -> Response:
        """What happens from the event after ``Last-Event-ID`` (or ``?after=``) on, for ever."""
        seen = request.headers.get("last-event-id") or request.query_params.get("after", "")
        run, _, number = seen.partition("-")
        known = run == self.id and number.isdecimal()
        return EventSourceResponse(self._events(int(number) if known else None))

    async def act(self, request: Request) -> Response:
        kind = ACTIONS.get(request.path_params["name"])
        if kind is None:
            return _refusal(404, "there is no such action")
        body = await _limited(request, MAX_ACTION)
        if body is None or not request.headers.get("content-type", "").startswith("application/json"):
            return _refusal(400, "an action is a small JSON object")
        try:
            return JSONResponse(await kind.model_validate_json(body).perform(self.world))
        except ValidationError as error:
            return _refusal(400, _first_fault(error))
        except (NotPossibleError, ApiError) as error:
            return _refusal(409, str(error))

    async def upload(self, request: Request) -> Response:
        """Send the file that is the body: ``?person_id=…&kind=photo|document|…&name=…&caption=…&reply_to=…``."""
        query = request.query_params
        person = self._sender(request)
        if person is None or query.get("kind") not in _FILE_KINDS:
            return _refusal(400, f"a file needs person_id and kind: {', '.join(_FILE_KINDS)}")
        body = await _limited(request, MAX_UPLOAD)
        if body is None:
            return _refusal(413, "the file is too big to send")
        file = Upload(query.get("name") or "file", body, request.headers.get("content-type", ""))
        try:
            sent = self.world.send_file(person, query["kind"], file, **self._words(request, person))
        except (NotPossibleError, ApiError) as error:
            return _refusal(409, str(error))
        return JSONResponse({"message_ids": [sent["message_id"]]})

    async def album(self, request: Request) -> Response:
        """Send the files of a form, each under the name of its kind: ``?person_id=…&caption=…&reply_to=…``."""
        person = self._sender(request)
        if person is None:
            return _refusal(400, "an album needs person_id")
        if int(request.headers.get("content-length", 0)) > MAX_ALBUM:
            return _refusal(413, "the files are too big to send")
        async with request.form() as form:
            files = [
                (kind, Upload(file.filename or "file", await file.read(), file.content_type or ""))
                for kind, file in form.multi_items()
                if isinstance(file, UploadFile)
            ]
        try:
            sent = self.world.send_album(person, files, **self._words(request, person))
        except (NotPossibleError, ApiError) as error:
            return _refusal(409, str(error))
        return JSONResponse({"message_ids": [message["message_id"] for message in sent]})

    async def file(self, request: Request) -> Response:
        """A file of a chat; whatever could run as a page is only ever saved."""
        try:
            upload = self.world.files.get(request.path_params["file_id"]).upload
        except ApiError as error:
            return _refusal(404, str(error))
        kind = _shown_as(upload.content)
        headers = {"Content-Security-Policy": "default-src 'none'; sandbox"}
        if kind is None:
            headers["Content-Disposition"] = "attachment"
        return Response(upload.content, media_type=kind or "application/octet-stream", headers=headers)

    def _sender(self, request: Request) -> Person | None:
        number = request.query_params.get("person_id", "")
        return self.world.people.get(int(number)) if number.isdecimal() else None

    def _words(self, request: Request, person: Person) -> _Words:
        query = request.query_params
        reply_to = query.get("reply_to", "")
        answered = still_there(self.world, person.id, int(reply_to) if reply_to.isdecimal() else None)
        return {"caption": query.get("caption", ""), "reply_to": answered}

    def _played(self) -> list[Person]:
        return [person for person in self.world.people.values() if person.demo]

    def _is_played(self, chat_id: int) -> bool:
        chat = self.world.chats.get(chat_id)
        return chat is not None and (chat.demo if chat.person is None else chat.person.demo)

    def _chat(self, chat_id: int) -> Json:
        chat = self.world.chats[chat_id]
        return {"messages": self.world.messages(chat_id), "keyboard": chat.keyboard, "reactions": chat.reactions}

    def _profiles(self) -> Mapping[int, Json]:
        profile = self.world.profile
        return {
            person.id: {
                "name": profile.text("name", person.language_code),
                "description": profile.text("description", person.language_code),
                "menu": self.world.menu(person),
                "menu_button": profile.menu_button(person.id),
            }
            for person in self._played()
        }

    async def _events(self, after: int | None) -> AsyncIterator[ServerSentEvent]:
        """Events of the chats the page shows; who knows none of this run's (``None``) is told ``reset`` first."""
        feed = self.world.feed
        if after is None:
            after = feed.number
            yield self._written(Event(after, "reset", self.world.now().timestamp(), {}))
        async for event in feed.after(after):
            if self._is_shown(event):
                yield self._written(event)

    def _is_shown(self, event: Event) -> bool:
        if event.kind == "person":
            return bool(event.data["person"]["demo"])
        if event.kind == "chat":
            return self._is_played(event.data["chat"]["id"])
        return "chat_id" not in event.data or self._is_played(event.data["chat_id"])

    def _written(self, event: Event) -> ServerSentEvent:
        data = json.dumps({"kind": event.kind, "at": event.at, **event.data}, separators=(",", ":"))
        return ServerSentEvent(data, id=f"{self.id}-{event.number}", retry=_RETRY_MS)


def _described(person: Person) -> Json:
    states = {"started": person.started, "blocked": person.blocked, "deleted": person.deleted}
    return {
        "id": person.id,
        "first_name": person.first_name,
        "last_name": person.last_name,
        "language_code": person.language_code,
        **states,
    }


def _described_group(chat: Chat) -> Json:
    return {"id": chat.id, "title": chat.title, "members": list(chat.members)}


def _shown_as(content: bytes) -> str | None:
    """The type under which a browser may show the file; ``None`` for one that is only saved."""
    place, mark = _MP4
    if content[place] == mark:
        return "video/mp4"
    return next((mime for start, mime in _SHOWN.items() if content.startswith(start)), None)


async def _limited(request: Request, most: int) -> bytes | None:
    """The body, or ``None`` for one of more than ``most`` bytes."""
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > most:
            return None
    return bytes(body)


def _first_fault(error: ValidationError) -> str:
    fault = error.errors(include_url=False, include_context=False)[0]
    return f"{'.'.join(map(str, fault['loc'])) or 'the action'}: {fault['msg']}"


def _refusal(status: int, sentence: str) -> Response:
    return JSONResponse({"error": sentence}, status_code=status)
