"""The methods that change, remove or answer what is there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bot.playground.call import Call, ChatId
from bot.playground.chats import CAPTIONED, Chat
from bot.playground.entities import TEXT_LIMIT, Json, text_part, utf16_len
from bot.playground.errors import bad_request
from bot.playground.keyboards import checked_markup
from bot.playground.sends import CAPTION_LIMIT
from bot.playground.server import Server

ANSWER_LIMIT: Final = 200
MAX_DELETED: Final = 100
# Follows a sign that is to be drawn in colours.
_AS_PICTURE: Final = "\ufe0f"
_EMOJI: Final = (
    "❤ 👍 👎 🔥 🥰 👏 😁 🤔 🤯 😱 🤬 😢 🎉 🤩 🤮 💩 🙏 👌 🕊 🤡 🥱 🥴 😍 🐳 ❤\u200d🔥 "
    "🌚 🌭 💯 🤣 ⚡ 🍌 🏆 💔 🤨 😐 🍓 🍾 💋 🖕 😈 😴 😭 🤓 👻 👨\u200d💻 👀 🎃 🙈 😇 😨 "
    "🤝 ✍ 🤗 🫡 🎅 🎄 ☃ 💅 🤪 🗿 🆒 💘 🙉 🦄 😘 💊 🙊 😎 👾 🤷\u200d♂ 🤷 🤷\u200d♀ 😡"
)
REACTIONS: Final = frozenset(_EMOJI.split())
"""What a bot may react with."""


@dataclass(kw_only=True)
class _Edit(Call):
    chat_id: ChatId = ""
    message_id: int = 0
    inline_message_id: str = ""
    reply_markup: Json | None = None

    def _found(self, server: Server) -> tuple[Chat, Json]:
        """The chat and the bot's own message in it."""
        if self.inline_message_id:
            raise bad_request("MESSAGE_ID_INVALID")
        chat = server.recipient(self.chat_id)
        message = chat.message(self.message_id, "edit")
        if server.is_others(message):
            raise bad_request("message can't be edited")
        return chat, message

    def _change(self, server: Server, chat: Chat, old: Json, changed: Json) -> Json:
        """Put the changed message in place, under the buttons this call names or none."""
        inline, keyboard = checked_markup(self.reply_markup)
        if keyboard is not None:
            raise bad_request("inline keyboard expected")
        new = {key: value for key, value in changed.items() if key != "reply_markup"}
        if inline is not None:
            new["reply_markup"] = inline
        if new == old:
            raise bad_request(
                "message is not modified: specified new message content and reply markup are exactly the same "
                "as a current content and reply markup of the message"
            )
        return server.replace(chat, new)


@dataclass(kw_only=True)
class EditMessageText(_Edit):
    """Change the text, and the buttons with it."""

    text: str = ""
    parse_mode: str = ""
    entities: list[Json] | None = None
    link_preview_options: Json | None = None

    def answer(self, server: Server) -> Json:
        """The changed message."""
        if not self.text:
            raise bad_request("message text is empty")
        part = text_part("text", self.text, self.parse_mode, self.entities)
        if not part:
            raise bad_request("text must be non-empty")
        chat, old = self._found(server)
        if "text" not in old:
            raise bad_request("there is no text in the message to edit")
        if utf16_len(part["text"]) > TEXT_LIMIT:
            raise bad_request("MESSAGE_TOO_LONG")
        if self.link_preview_options:
            part["link_preview_options"] = self.link_preview_options
        kept = {key: value for key, value in old.items() if key not in ("entities", "link_preview_options")}
        return self._change(server, chat, old, kept | part)


@dataclass(kw_only=True)
class EditMessageCaption(_Edit):
    """Change the caption, and the buttons with it; an empty one takes it away."""

    caption: str = ""
    parse_mode: str = ""
    caption_entities: list[Json] | None = None

    def answer(self, server: Server) -> Json:
        """The changed message."""
        part = text_part("caption", self.caption, self.parse_mode, self.caption_entities)
        chat, old = self._found(server)
        if not CAPTIONED & old.keys():
            raise bad_request("there is no caption in the message to edit")
        if utf16_len(part.get("caption", "")) > CAPTION_LIMIT:
            raise bad_request("MEDIA_CAPTION_TOO_LONG")
        kept = {key: value for key, value in old.items() if key not in ("caption", "caption_entities")}
        return self._change(server, chat, old, kept | part)


@dataclass(kw_only=True)
class EditMessageReplyMarkup(_Edit):
    """Change the buttons only."""

    def answer(self, server: Server) -> Json:
        """The changed message."""
        chat, old = self._found(server)
        return self._change(server, chat, old, old)


@dataclass(kw_only=True)
class DeleteMessage(Call):
    """Remove a message."""

    chat_id: ChatId
    message_id: int

    def answer(self, server: Server) -> bool:
        """True."""
        chat = server.recipient(self.chat_id)
        chat.message(self.message_id, "delete")
        server.remove(chat, [self.message_id])
        return True


@dataclass(kw_only=True)
class DeleteMessages(Call):
    """Remove several messages; those that are not there are passed over."""

    chat_id: ChatId
    message_ids: list[int]

    def answer(self, server: Server) -> bool:
        """True."""
        if not self.message_ids:
            raise bad_request("message identifiers are not specified")
        if len(self.message_ids) > MAX_DELETED:
            raise bad_request("too many message identifiers specified")
        server.remove(server.recipient(self.chat_id), self.message_ids)
        return True


@dataclass(kw_only=True)
class SetMessageReaction(Call):
    """React to a message; no reaction takes the last one back."""

    chat_id: ChatId
    message_id: int
    reaction: list[Json] | None = None

    def answer(self, server: Server) -> bool:
        """True."""
        chat = server.recipient(self.chat_id)
        chat.message(self.message_id, "react")
        reactions = self.reaction or []
        if len(reactions) > 1:
            raise bad_request("REACTIONS_TOO_MANY")
        for reaction in reactions:
            if reaction.get("type") not in ("emoji", "custom_emoji"):
                raise bad_request("can't parse ReactionType: invalid reaction type specified")
            if str(reaction.get("emoji", "")).rstrip(_AS_PICTURE) not in REACTIONS:
                raise bad_request("REACTION_INVALID")
        chat.reactions[self.message_id] = reactions
        server.feed.add("reaction", chat_id=chat.id, message_id=self.message_id, reaction=reactions)
        return True


@dataclass(kw_only=True)
class AnswerCallbackQuery(Call):
    """Tell who pressed a button that it arrived."""

    callback_query_id: str
    text: str = ""
    show_alert: bool = False
    url: str = ""

    def answer(self, server: Server) -> bool:
        """True."""
        if utf16_len(self.text) > ANSWER_LIMIT:
            raise bad_request("MESSAGE_TOO_LONG")
        own = (f"https://t.me/{server.username}?start=", f"t.me/{server.username}?start=")
        if self.url and not self.url.startswith(own):
            raise bad_request("URL_INVALID")
        server.answer(self.callback_query_id, {"text": self.text, "show_alert": self.show_alert, "url": self.url})
        return True


EDITS: Final[Sequence[type[Call]]] = (
    EditMessageText,
    EditMessageCaption,
    EditMessageReplyMarkup,
    DeleteMessage,
    DeleteMessages,
    SetMessageReaction,
    AnswerCallbackQuery,
)
