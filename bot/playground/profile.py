"""What the bot says of itself: its name and descriptions, and the menu of commands each chat shows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from bot.playground.entities import Json
from bot.playground.errors import bad_request

MAX_COMMANDS: Final = 100
MAX_COMMAND: Final = 32
MAX_DESCRIPTION: Final = 256
# What a bot may say of itself, and how long it may be.
TEXTS: Final = {"name": 64, "description": 512, "short_description": 120}
_COMMAND_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789_")


@dataclass(frozen=True, slots=True)
class Scope:
    """Where a menu of commands is shown; ids are 0 where the kind has none."""

    kind: str = "default"
    chat_id: int = 0
    user_id: int = 0


class Profile:
    """The bot's profile, by language; ``""`` is every language without words of its own."""

    def __init__(self, name: str, changed: Callable[..., None]) -> None:
        self._changed = changed
        self._name = name
        self._texts: dict[tuple[str, str], str] = {}
        self._commands: dict[tuple[Scope, str], list[Json]] = {}
        self._buttons: dict[int, Json] = {}

    def set_commands(self, scope: Scope, language: str, commands: list[Json]) -> None:
        """Show these commands there; none takes the menu back. Raises ``ApiError`` in Telegram's words."""
        if len(commands) > MAX_COMMANDS:
            raise bad_request("BOT_COMMANDS_TOO_MUCH")
        cleaned = [_checked(command) for command in commands]
        if cleaned:
            self._commands[scope, language] = cleaned
        else:
            self._commands.pop((scope, language), None)
        self._changed("commands", scope=scope.kind, language_code=language)

    def commands(self, scope: Scope, language: str) -> list[Json]:
        """Exactly what was set there."""
        return self._commands.get((scope, language), [])

    def menu(self, chat_id: int, user_id: int, language: str, *, group: bool, role: str = "") -> list[Json]:
        """What this person sees in this chat: the narrowest scope that has a menu, their language before none."""
        scopes = [Scope("chat", chat_id)]
        if group:
            scopes.insert(0, Scope("chat_member", chat_id, user_id))
        if role in ("creator", "administrator"):
            scopes.insert(1, Scope("chat_administrators", chat_id))
            scopes.append(Scope("all_chat_administrators"))
        scopes += [Scope("all_group_chats" if group else "all_private_chats"), Scope()]
        menus = (self.commands(scope, spoken) for scope in scopes for spoken in (language, ""))
        return next((menu for menu in menus if menu), [])

    def set_text(self, what: str, text: str, language: str) -> None:
        """Change one of ``TEXTS``; empty takes it back. Raises ``ApiError`` where too long."""
        if len(text) > TEXTS[what]:
            raise bad_request(f"{what.upper()}_TOO_LONG")
        if text:
            self._texts[what, language] = text
        else:
            self._texts.pop((what, language), None)
        self._changed("profile", name=what)

    def text(self, what: str, language: str = "") -> str:
        """What is shown to people of this language."""
        fallback = self._name if what == "name" else ""
        return self._texts.get((what, language)) or self._texts.get((what, "")) or fallback

    def set_menu_button(self, chat_id: int, button: Json) -> None:
        """The button beside the text field; chat 0 is every chat without its own."""
        if button.get("type") not in ("default", "commands", "web_app"):
            raise bad_request("can't parse menu button: MenuButton has unsupported type")
        self._buttons[chat_id] = button
        self._changed("profile", name="menu_button")

    def menu_button(self, chat_id: int) -> Json:
        """The button this chat shows."""
        return self._buttons.get(chat_id) or self._buttons.get(0) or {"type": "commands"}


def _checked(command: Json) -> Json:
    name = str(command.get("command", "")).strip().removeprefix("/")
    description = str(command.get("description", "")).strip()
    if not name:
        raise bad_request("command must be non-empty")
    if len(name) > MAX_COMMAND:
        raise bad_request(f"command length must not exceed {MAX_COMMAND}")
    if not description:
        raise bad_request("command description must be non-empty")
    if len(description) > MAX_DESCRIPTION:
        raise bad_request(f"command description length must not exceed {MAX_DESCRIPTION}")
    if not _COMMAND_LETTERS.issuperset(name):
        raise bad_request("BOT_COMMAND_INVALID")
    return {"command": name, "description": description}
