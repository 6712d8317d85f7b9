"""The methods that put something into a chat."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bot.playground.call import Call, ChatId, FileInput
from bot.playground.chats import Chat
from bot.playground.entities import TEXT_LIMIT, Json, text_part, utf16_len
from bot.playground.errors import bad_request
from bot.playground.files import ALBUM, fit_together
from bot.playground.keyboards import checked_markup
from bot.playground.server import Server

CAPTION_LIMIT: Final = 1024
_NOWHERE: Final = "nothing can be sent across chats in the playground"
_ACTIONS = {
    "cancel",
    "choose_sticker",
    "find_location",
    "pick_up_location",
    "record_audio",
    "record_video",
    "record_video_note",
    "record_voice",
    "typing",
    "upload_audio",
    "upload_document",
    "upload_photo",
    "upload_video",
    "upload_video_note",
    "upload_voice",
}


@dataclass(kw_only=True)
class Outgoing(Call):
    """Anything that ends in one chat."""

    chat_id: ChatId
    protect_content: bool = False
    message_effect_id: str = ""

    def decoration(self) -> Json:
        """The part of the message that says how it is shown."""
        decoration: Json = {"has_protected_content": True} if self.protect_content else {}
        return decoration | ({"effect_id": self.message_effect_id} if self.message_effect_id else {})


@dataclass(kw_only=True)
class _Reply(Outgoing):
    reply_parameters: Json | None = None

    def _answered(self, chat: Chat) -> Json:
        """The part of the message that shows what it replies to."""
        if not self.reply_parameters:
            return {}
        if self.reply_parameters.get("chat_id", chat.id) not in (chat.id, str(chat.id)):
            raise bad_request(_NOWHERE)
        answered = chat.messages.get(self.reply_parameters.get("message_id", 0))
        if answered is None:
            if self.reply_parameters.get("allow_sending_without_reply"):
                return {}
            raise bad_request("message to be replied not found")
        shown: Json = {"reply_to_message": {k: v for k, v in answered.items() if k != "reply_to_message"}}
        quote = self.reply_parameters.get("quote")
        if quote:
            shown["quote"] = {"text": quote, "position": _quoted_at(answered, quote), "is_manual": True}
        return shown


@dataclass(kw_only=True)
class WithMarkup(_Reply):
    """One message, with what belongs under it."""

    reply_markup: Json | None = None

    def deliver(self, server: Server, part: Json) -> Json:
        """Send one message."""
        inline, keyboard = checked_markup(self.reply_markup)
        chat = server.recipient(self.chat_id)
        part = self._answered(chat) | part | self.decoration()
        if inline is not None:
            part["reply_markup"] = inline
        server.limits.spend(chat)
        return server.post(chat, server.bot_user(), part, keyboard=keyboard)


@dataclass(kw_only=True)
class _Captioned(WithMarkup):
    caption: str = ""
    parse_mode: str = ""
    caption_entities: list[Json] | None = None

    def _deliver_file(self, server: Server, kind: str, given: FileInput, duration: int = 0) -> Json:
        caption = checked_caption(text_part("caption", self.caption, self.parse_mode, self.caption_entities))
        server.recipient(self.chat_id)
        return self.deliver(server, self.stored(server, kind, given).content(duration=duration) | caption)


@dataclass(kw_only=True)
class SendMessage(WithMarkup):
    """Send a text."""

    text: str
    parse_mode: str = ""
    entities: list[Json] | None = None
    link_preview_options: Json | None = None
    message_thread_id: int = 0

    def answer(self, server: Server) -> Json:
        """The message that was sent."""
        if not self.text:
            raise bad_request("message text is empty")
        part = text_part("text", self.text, self.parse_mode, self.entities)
        if not part:
            raise bad_request("text must be non-empty")
        if utf16_len(part["text"]) > TEXT_LIMIT:
            raise bad_request("message is too long")
        if self.link_preview_options:
            part["link_preview_options"] = self.link_preview_options
        return self.deliver(server, part | server.recipient(self.chat_id).in_topic(self.message_thread_id))


@dataclass(kw_only=True)
class SendPhoto(_Captioned):
    """Send a picture."""

    photo: FileInput

    def answer(self, server: Server) -> Json:
        """The message that was sent."""
        return self._deliver_file(server, "photo", self.photo)


@dataclass(kw_only=True)
class SendDocument(_Captioned):
    """Send a file."""

    document: FileInput

    def answer(self, server: Server) -> Json:
        """The message that was sent."""
        return self._deliver_file(server, "document", self.document)


@dataclass(kw_only=True)
class SendVoice(_Captioned):
    """Send a spoken message."""

    voice: FileInput
    duration: int = 0

    def answer(self, server: Server) -> Json:
        """The message that was sent."""
        return self._deliver_file(server, "voice", self.voice, self.duration)


@dataclass(kw_only=True)
class SendMediaGroup(_Reply):
    """Send an album: photos and videos, or documents, or music."""

    media: list[Json]

    def answer(self, server: Server) -> list[Json]:
        """The messages that were sent."""
        if len(self.media) not in ALBUM:
            raise bad_request("too much messages to send as an album" if self.media else "media not found")
        kinds = {str(item.get("type")) for item in self.media}
        for kind in kinds - {"audio", "document", "photo", "video"}:
            raise bad_request(f'can\'t parse InputMedia: type "{kind}" is unsupported')
        if not fit_together(kinds):
            raise bad_request("can't use the media of the specified type in the album")
        chat = server.recipient(self.chat_id)
        shared = self._answered(chat) | self.decoration()
        parts = [self._part(server, item) for item in self.media]
        server.limits.spend(chat, len(parts))
        group = {"media_group_id": chat.next_album()}
        return [server.post(chat, server.bot_user(), shared | group | part) for part in parts]

    def _part(self, server: Server, item: Json) -> Json:
        caption = text_part(
            "caption", item.get("caption", ""), item.get("parse_mode", ""), item.get("caption_entities")
        )
        if "media" not in item:
            raise bad_request("can't parse InputMedia: media not found")
        return self.stored(server, item["type"], str(item["media"])).content() | checked_caption(caption)


@dataclass(kw_only=True)
class SendChatAction(Call):
    """Show that the bot is typing, or busy otherwise."""

    chat_id: ChatId
    action: str

    def answer(self, server: Server) -> bool:
        """True."""
        if self.action.lower() not in _ACTIONS:
            raise bad_request("wrong parameter action in request")
        server.feed.add("action", chat_id=server.recipient(self.chat_id).id, action=self.action.lower())
        return True


SENDS: Final[Sequence[type[Call]]] = (
    SendMessage,
    SendPhoto,
    SendDocument,
    SendVoice,
    SendMediaGroup,
    SendChatAction,
)


def checked_caption(part: Json) -> Json:
    """The part of a message that is its caption; raises ``ApiError`` for one that is too long."""
    if utf16_len(part.get("caption", "")) > CAPTION_LIMIT:
        raise bad_request("message caption is too long")
    return part


def _quoted_at(message: Json, quote: str) -> int:
    text = message.get("text") or message.get("caption") or ""
    if quote not in text:
        raise bad_request("QUOTE_TEXT_INVALID")
    return utf16_len(text[: text.index(quote)])
