"""People, the chats they share with the bot, and the messages in them, in the shapes of the Bot API."""

from __future__ import annotations

from dataclasses import dataclass, field

from bot.playground.entities import Json
from bot.playground.errors import ApiError, bad_request, forbidden, migrated

PRIVATE = "private"
GROUP = "group"
SUPERGROUP = "supergroup"

CAPTIONED = frozenset({"animation", "audio", "document", "photo", "video", "voice"})
"""What may have a caption."""
# What a copy of a message carries.
_CONTENT = CAPTIONED | {
    "caption",
    "caption_entities",
    "contact",
    "entities",
    "link_preview_options",
    "location",
    "sticker",
    "text",
    "video_note",
}
_GIFTS = ("unlimited_gifts", "limited_gifts", "unique_gifts", "premium_subscription", "gifts_from_channels")
_RIGHTS = (
    "can_be_edited",
    "is_anonymous",
    "can_manage_chat",
    "can_delete_messages",
    "can_manage_video_chats",
    "can_restrict_members",
    "can_promote_members",
    "can_change_info",
    "can_invite_users",
    "can_post_stories",
    "can_edit_stories",
    "can_delete_stories",
)
_ACCENT = 0
_REACTIONS = 11


@dataclass(slots=True)
class Person:
    """Somebody with a Telegram account; ``demo`` marks those the chat page plays."""

    id: int
    first_name: str
    last_name: str = ""
    username: str = ""
    language_code: str = "en"
    demo: bool = False
    started: bool = False
    blocked: bool = False
    deleted: bool = False

    def user(self) -> Json:
        """The Bot API's ``User``."""
        shape: Json = {"id": self.id, "is_bot": False, "first_name": "" if self.deleted else self.first_name}
        if self.deleted:
            return shape
        if self.last_name:
            shape["last_name"] = self.last_name
        if self.username:
            shape["username"] = self.username
        if self.language_code:
            shape["language_code"] = self.language_code
        return shape

    def forget(self) -> None:
        """Back to somebody who has never met the bot."""
        self.started = self.blocked = self.deleted = False


@dataclass(slots=True)
class Chat:
    """A private chat (its id is the person's) or a group; ``demo`` marks the groups the chat page shows.

    ``members`` and ``bot`` hold the statuses of the Bot API; ``keyboard`` is the reply keyboard people see; messages
    are never changed in place, so that an update holds what was true when it was made. ``reactions`` are the bot's, by
    message, as ``ReactionType``. ``topics`` are a group's, by the number of their thread. ``spoken_at`` is the
    monotonic second in which a person last wrote or pressed a button.
    """

    id: int
    kind: str
    person: Person | None = None
    title: str = ""
    members: dict[int, str] = field(default_factory=dict)
    bot: str = "member"
    migrated_to: int | None = None
    messages: dict[int, Json] = field(default_factory=dict)
    reactions: dict[int, list[Json]] = field(default_factory=dict)
    keyboard: Json | None = None
    topics: dict[int, str] = field(default_factory=dict)
    demo: bool = False
    spoken_at: float = float("-inf")
    last_id: int = 0

    def shape(self) -> Json:
        """The Bot API's ``Chat``."""
        if self.person is None:
            return {"id": self.id, "title": self.title, "type": self.kind} | ({"is_forum": True} if self.topics else {})
        user = self.person.user()
        del user["is_bot"]
        user.pop("language_code", None)
        return {**user, "type": self.kind}

    def full(self) -> Json:
        """The Bot API's ``ChatFullInfo``."""
        return {
            **self.shape(),
            "accent_color_id": _ACCENT,
            "max_reaction_count": _REACTIONS,
            "accepted_gift_types": dict.fromkeys(_GIFTS, self.person is not None),
        }

    def in_topic(self, thread: int) -> Json:
        """The part of a message that says in which topic it stands (0: none); raises ``ApiError`` for no topic."""
        if not thread:
            return {}
        if thread not in self.topics:
            raise bad_request("message thread not found")
        return {"message_thread_id": thread, "is_topic_message": True}

    def next_id(self) -> int:
        """The id of the message that is about to be written."""
        self.last_id += 1
        return self.last_id

    def next_album(self) -> str:
        """The ``media_group_id`` of the album whose first message is about to be written."""
        return f"{self.id}{self.last_id + 1:06}".lstrip("-")

    def check_bot_may_write(self) -> None:
        """Raise ``ApiError`` in Telegram's words if the bot cannot write here."""
        refusal = self._refusal_of_group() if self.person is None else _refusal_of_person(self.person)
        if refusal is not None:
            raise refusal

    def message(self, message_id: int, purpose: str) -> Json:
        """The message, or ``ApiError``: *message to edit not found* for the purpose "edit"."""
        message = self.messages.get(message_id)
        if message is None:
            raise bad_request(f"message to {purpose} not found")
        return message

    def _refusal_of_group(self) -> ApiError | None:
        if self.migrated_to is not None:
            return migrated(self.migrated_to)
        if self.bot == "kicked":
            return forbidden(f"bot was kicked from the {self.kind} chat")
        if self.bot == "left":
            return forbidden(f"bot is not a member of the {self.kind} chat")
        return None


def content(message: Json) -> Json:
    """What a copy of the message carries."""
    return {key: value for key, value in message.items() if key in _CONTENT}


def member(user: Json, status: str) -> Json:
    """The Bot API's ``ChatMember``."""
    shape: Json = {"status": status, "user": user}
    if status == "creator":
        shape["is_anonymous"] = False
    elif status == "administrator":
        shape |= dict.fromkeys(_RIGHTS, False) | {"can_manage_chat": True, "can_delete_messages": True}
    elif status == "kicked":
        shape["until_date"] = 0
    return shape


def _refusal_of_person(person: Person) -> ApiError | None:
    if person.deleted:
        return forbidden("user is deactivated")
    if person.blocked:
        return forbidden("bot was blocked by the user")
    if not person.started:
        return forbidden("bot can't initiate conversation with a user")
    return None
