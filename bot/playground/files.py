"""Files people and the bot send: kept in memory, named and described as Telegram would."""

from __future__ import annotations

import mimetypes
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from bot.playground.entities import Json
from bot.playground.errors import ApiError, bad_request

MAX_UPLOAD: Final = 50 * 2**20
MAX_SENT_BY_PEOPLE: Final = 2 * 2**30
MAX_PHOTO: Final = 10 * 2**20
MAX_DOWNLOAD: Final = 20 * 2**20
ALBUM: Final = range(2, 11)

_FOLDERS = {
    "animation": "animations",
    "audio": "music",
    "document": "documents",
    "photo": "photos",
    "sticker": "stickers",
    "video": "videos",
    "video_note": "video_notes",
    "voice": "voice",
}
# What a file is where neither its sender nor its name says so.
_USUAL_MIME = {"animation": "video/mp4", "audio": "audio/mpeg", "video": "video/mp4", "voice": "audio/ogg"}
_ALBUMS = ({"photo", "video"}, {"document"}, {"audio"})
# How much longer than the other one side of a photo may be, and how long both together.
_MAX_RATIO: Final = 20
_MAX_SIDES: Final = 10_000
_PNG = b"\x89PNG\r\n\x1a\n"
_JPEG = b"\xff\xd8"
# JPEG's start-of-frame markers: the ones that carry height and width.
_FRAMES = set(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_UNKNOWN_SIZE = (800, 600)
_STICKER_SIDE = 512
_NOTE_SIDE = 240


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it arrives; ``pretended`` is the size in bytes Telegram tells of one whose bytes nobody will read."""

    name: str
    content: bytes
    mime: str = ""
    pretended: int = 0

    @property
    def size(self) -> int:
        """In bytes."""
        return self.pretended or len(self.content)


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file Telegram keeps; ``kind`` is the field of a message that shows it: photo, video_note, …."""

    id: str
    kind: str
    path: str
    upload: Upload

    def shape(self) -> Json:
        """What every mention of the file carries."""
        unique = f"U{self.id}"
        return {"file_id": self.id, "file_unique_id": unique, "file_size": self.upload.size}

    def downloadable(self) -> Json:
        """The Bot API's ``File``; raises ``ApiError`` above 20 MB."""
        if self.upload.size > MAX_DOWNLOAD:
            raise bad_request("file is too big")
        return {**self.shape(), "file_path": self.path}

    def content(self, *, duration: int = 0, emoji: str = "") -> Json:
        """The part of a message that shows the file: seconds for what is played, the emoji of a sticker."""
        if self.kind == "photo":
            width, height = _picture_size(self.upload.content)
            return {"photo": [{**self.shape(), "width": width, "height": height}]}
        if self.kind == "sticker":
            side = {"width": _STICKER_SIDE, "height": _STICKER_SIDE}
            flags = {"is_animated": False, "is_video": False}
            return {"sticker": {**self.shape(), "type": "regular", **side, **flags, "emoji": emoji}}
        if self.kind == "document":
            return {"document": self._named()}
        if self.kind == "video_note":
            return {"video_note": {**self.shape(), "length": _NOTE_SIDE, "duration": duration}}
        if self.kind == "voice":
            return {"voice": {**self.shape(), "duration": duration, "mime_type": self._mime()}}
        if self.kind == "audio":
            return {"audio": {**self._named(), "duration": duration}}
        width, height = _UNKNOWN_SIZE
        film = {**self._named(), "width": width, "height": height, "duration": duration}
        return {"video": film} if self.kind == "video" else {"animation": film, "document": self._named()}

    def _named(self) -> Json:
        return {**self.shape(), "file_name": self.upload.name, "mime_type": self._mime()}

    def _mime(self) -> str:
        known = self.upload.mime or _USUAL_MIME.get(self.kind) or mimetypes.guess_type(self.upload.name)[0]
        return known or "application/octet-stream"


class Files:
    """All files of the playground, by id and by path."""

    def __init__(self) -> None:
        self._by_id: dict[str, StoredFile] = {}
        self._by_path: dict[str, StoredFile] = {}

    def add(self, kind: str, upload: Upload, *, most: int = MAX_UPLOAD) -> StoredFile:
        """Keep a file; raises ``ApiError`` for one that is empty, of more than ``most`` bytes, or no possible photo."""
        if not upload.content:
            raise bad_request("file must be non-empty")
        if upload.size > most:
            raise ApiError(413, "Request Entity Too Large")
        if kind == "photo":
            _check_photo(upload)
        number = len(self._by_id) + 1
        name = upload.name.rsplit("/", 1)[-1]
        ending = f".{name.rsplit('.', 1)[-1]}" if "." in name else ""
        stored = StoredFile(f"PG{kind}{number:06}", kind, f"{_FOLDERS[kind]}/file_{number}{ending}", upload)
        self._by_id[stored.id] = self._by_path[stored.path] = stored
        return stored

    def get(self, file_id: str) -> StoredFile:
        """The file with this id, or ``ApiError``."""
        stored = self._by_id.get(file_id)
        if stored is None:
            raise bad_request("wrong file_id or the file is temporarily unavailable")
        return stored

    def reused(self, kind: str, given: str) -> StoredFile:
        """The file a call names by id. Addresses are refused: nothing here reaches the network."""
        if given.startswith(("http://", "https://")):
            raise bad_request("failed to get HTTP URL content")
        stored = self._by_id.get(given)
        if stored is None:
            raise bad_request("wrong file identifier/HTTP URL specified")
        if stored.kind != kind:
            raise bad_request(f"can't use file of type {_called(stored.kind)} as {_called(kind)}")
        return stored

    def at_path(self, path: str) -> StoredFile | None:
        """The file under this download path, if there is one."""
        return self._by_path.get(path)

    def clear(self) -> None:
        """Forget all files."""
        self._by_id.clear()
        self._by_path.clear()


def fit_together(kinds: Collection[str]) -> bool:
    """Whether files of these kinds may form one album."""
    return any(album >= set(kinds) for album in _ALBUMS)


def _called(kind: str) -> str:
    return kind.title().replace("_", "")


def _check_photo(upload: Upload) -> None:
    if upload.size > MAX_PHOTO:
        raise bad_request(
            f"file of size {upload.size} bytes is too big for a photo; the maximum size is {MAX_PHOTO} bytes"
        )
    sides = _picture_size(upload.content)
    if sum(sides) > _MAX_SIDES or max(sides) > _MAX_RATIO * min(sides):
        raise bad_request("PHOTO_INVALID_DIMENSIONS")


def _picture_size(content: bytes) -> tuple[int, int]:
    """Width and height of a PNG or JPEG; a usual size for anything else."""
    if content.startswith(_PNG):
        return int.from_bytes(content[16:20]), int.from_bytes(content[20:24])
    at = len(_JPEG)
    while content.startswith(_JPEG) and at + 9 <= len(content):
        if content[at + 1] in _FRAMES:
            return int.from_bytes(content[at + 7 : at + 9]), int.from_bytes(content[at + 5 : at + 7])
        at += 2 + int.from_bytes(content[at + 2 : at + 4])
    return _UNKNOWN_SIZE
