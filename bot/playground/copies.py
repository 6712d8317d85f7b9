"""The methods that send on what is in a chat already."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from bot.playground.call import Call, ChatId
from bot.playground.chats import CAPTIONED, content
from bot.playground.entities import Json, text_part
from bot.playground.errors import bad_request
from bot.playground.sends import Outgoing, WithMarkup, checked_caption
from bot.playground.server import Server

MAX_COPIED: Final = 100


@dataclass(kw_only=True)
class CopyMessage(WithMarkup):
    """Send what another message carries, as one's own; an empty ``caption`` takes the old one away."""

    from_chat_id: ChatId
    message_id: int
    caption: str | None = None
    parse_mode: str = ""
    caption_entities: list[Json] | None = None

    def answer(self, server: Server) -> Json:
        """The id of the copy."""
        copied = content(server.met(self.from_chat_id).message(self.message_id, "copy"))
        if not copied:
            raise bad_request("message can't be copied")
        if self.caption is not None:
            part = checked_caption(text_part("caption", self.caption, self.parse_mode, self.caption_entities))
            copied = _recaptioned(copied, part)
        return {"message_id": self.deliver(server, copied)["message_id"]}


@dataclass(kw_only=True)
class CopyMessages(Call):
    """The same for several messages: what is not there or cannot be copied is passed over, albums stay albums."""

    chat_id: ChatId
    from_chat_id: ChatId
    message_ids: list[int]
    protect_content: bool = False
    remove_caption: bool = False

    def answer(self, server: Server) -> list[Json]:
        """The ids of the copies."""
        self._check_ids()
        chat = server.recipient(self.chat_id)
        there = server.met(self.from_chat_id).messages
        found = [there[message_id] for message_id in self.message_ids if message_id in there]
        if not found:
            raise bad_request("there are no messages to forward")
        carried = [message for message in found if content(message)]
        if not carried:
            raise bad_request("messages can't be forwarded")
        server.limits.spend(chat, len(carried))
        in_albums = Counter(message.get("media_group_id") for message in carried)
        albums: dict[str | None, str] = {}
        sent = []
        for message in carried:
            part = self._part(message)
            album = message.get("media_group_id")
            if album and in_albums[album] > 1:
                part["media_group_id"] = albums.setdefault(album, chat.next_album())
            sent.append(server.post(chat, server.bot_user(), part))
        return [{"message_id": message["message_id"]} for message in sent]

    def _check_ids(self) -> None:
        if not self.message_ids:
            raise bad_request("message identifiers are not specified")
        if len(self.message_ids) > MAX_COPIED:
            raise bad_request("too many message identifiers specified")
        if min(self.message_ids) <= 0:
            raise bad_request("invalid message identifier specified")
        if any(one >= following for one, following in pairwise(self.message_ids)):
            raise bad_request("message identifiers must be in a strictly increasing order")

    def _part(self, message: Json) -> Json:
        copied = content(message)
        if self.remove_caption:
            copied = _recaptioned(copied, {})
        return copied | ({"has_protected_content": True} if self.protect_content else {})


@dataclass(kw_only=True)
class ForwardMessage(Outgoing):
    """Send a message on, with the name of who wrote it."""

    from_chat_id: ChatId
    message_id: int

    def answer(self, server: Server) -> Json:
        """The message that was sent."""
        original = server.met(self.from_chat_id).message(self.message_id, "forward")
        carried = content(original)
        if not carried:
            raise bad_request("message can't be forwarded")
        chat = server.recipient(self.chat_id)
        origin = {"type": "user", "date": original["date"], "sender_user": original["from"]}
        server.limits.spend(chat)
        shown = {"forward_origin": original.get("forward_origin", origin)} | self.decoration()
        return server.post(chat, server.bot_user(), shown | carried)


COPIES: Final[Sequence[type[Call]]] = (CopyMessage, CopyMessages, ForwardMessage)


def _recaptioned(copied: Json, caption: Json) -> Json:
    """The copy under another caption, or none; what can have no caption stays as it is."""
    if not CAPTIONED & copied.keys():
        return copied
    return {key: value for key, value in copied.items() if key not in ("caption", "caption_entities")} | caption
