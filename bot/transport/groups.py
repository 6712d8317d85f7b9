"""What is said to the bot in a group: by its name, in reply to it, or as a command of its own."""

from __future__ import annotations

from telegram import Message, MessageEntity, User

from bot.desk.arrival import Addressed, Who

Span = tuple[int, int]
"""Where an entity begins and ends, in UTF-16 units."""


def addressed(update_id: int, message: Message, bot: User) -> Addressed | None:
    """What a message in a group says to the bot; None: it speaks to others, or a program wrote it."""
    if _is_programs(message):
        return None
    units = (message.text or "").encode("utf-16-le", "surrogatepass")
    commands = [_text(units, _span(each)) for each in message.entities if each.type == MessageEntity.BOT_COMMAND]
    names = [_span(each) for each in message.entities if _is_name(each, _text(units, _span(each)), bot)]
    answered = _answered(message, bot)
    text = _without(units, names)
    ours = any(command.lower().endswith(f"@{bot.username}".lower()) for command in commands)
    command = ours or (bool(names) and text.startswith("/"))
    if not command and (text.startswith("/") or not (names or answered)):
        return None
    language = message.from_user.language_code if message.from_user else None
    return Addressed(
        update_id,
        message.chat_id,
        message.message_id,
        Who(0, language or "", "").language,
        text=text,
        command=command,
        thread=message.message_thread_id if message.is_topic_message else None,
        by_reply=not names,
        link=_link(answered) if answered else "",
    )


def _is_programs(message: Message) -> bool:
    """Whether a program wrote it; whoever writes in the name of a group or a channel is shown as one, but is none."""
    return bool(message.via_bot or message.from_user is None or (message.from_user.is_bot and not message.sender_chat))


def _is_name(entity: MessageEntity, text: str, bot: User) -> bool:
    if entity.type == MessageEntity.MENTION:
        return text.lower() == f"@{bot.username}".lower()
    return entity.type == MessageEntity.TEXT_MENTION and entity.user is not None and entity.user.id == bot.id


def _answered(message: Message, bot: User) -> Message | None:
    """The message of the bot's that this one replies to.

    In a topic, what replies to nothing is shown as a reply to the message that began it.
    """
    other = message.reply_to_message
    if other is None or other.from_user is None or other.from_user.id != bot.id or other.forum_topic_created:
        return None
    return other


def _link(message: Message) -> str:
    """Where the first button under a message leads; empty: nowhere."""
    rows = message.reply_markup.inline_keyboard if message.reply_markup else ()
    return next((button.url for row in rows for button in row if button.url), "")


def _span(entity: MessageEntity) -> Span:
    return entity.offset, entity.offset + entity.length


def _text(units: bytes, span: Span) -> str:
    """A part of a text; half a character becomes a sign that stands for it."""
    return units[2 * span[0] : 2 * span[1]].decode("utf-16-le", "replace")


def _without(units: bytes, spans: list[Span]) -> str:
    """The text without some parts of it, and without NUL."""
    ends = [0, *(end for _, end in sorted(spans))]
    begins = [*(begin for begin, _ in sorted(spans)), len(units) // 2]
    parts = [_text(units, span) for span in zip(ends, begins, strict=True)]
    return " ".join(" ".join(parts).replace("\0", "").split())
