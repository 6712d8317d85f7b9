"""The methods about the bot itself, about chats and the people in them, and about files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bot.playground.call import Call, ChatId
from bot.playground.chats import member
from bot.playground.entities import Json
from bot.playground.errors import bad_request
from bot.playground.profile import Scope
from bot.playground.server import Server

_WIDE = {"default", "all_private_chats", "all_group_chats", "all_chat_administrators"}
_NARROW = {"chat", "chat_administrators", "chat_member"}
_ABILITIES = {
    "can_join_groups": True,
    "can_read_all_group_messages": False,
    "supports_inline_queries": True,
    "can_connect_to_business": False,
    "has_main_web_app": False,
}


@dataclass(kw_only=True)
class GetMe(Call):
    """Who the bot is."""

    def answer(self, server: Server) -> Json:
        """The bot, with what it is able to do."""
        return server.bot_user() | _ABILITIES | {"can_read_all_group_messages": not server.privacy}


@dataclass(kw_only=True)
class LogOut(Call):
    """Leave this server; nothing else is answered afterwards."""

    def answer(self, server: Server) -> bool:
        """True."""
        server.logged_out = True
        return True


@dataclass(kw_only=True)
class Close(Call):
    """Let the bot move to another server; here that changes nothing."""

    def answer(self, server: Server) -> bool:  # noqa: ARG002 - nothing to do
        """True."""
        return True


@dataclass(kw_only=True)
class _Scoped(Call):
    scope: Json | None = None
    language_code: str = ""

    def _scope(self, server: Server) -> Scope:
        if self.scope is None:
            return Scope()
        kind = self.scope.get("type")
        if kind in _WIDE:
            return Scope(str(kind))
        if kind not in _NARROW:
            raise bad_request("can't parse BotCommandScope: Unsupported type specified")
        chat_id = self.scope.get("chat_id", "")
        chat = server.met(int(chat_id) if str(chat_id).removeprefix("-").isdecimal() else str(chat_id))
        return Scope(str(kind), chat.id, int(self.scope.get("user_id", 0)) if kind == "chat_member" else 0)


@dataclass(kw_only=True)
class SetMyCommands(_Scoped):
    """Set the menu of commands for some chats and a language."""

    commands: list[Json]

    def answer(self, server: Server) -> bool:
        """True."""
        server.profile.set_commands(self._scope(server), self.language_code, self.commands)
        return True


@dataclass(kw_only=True)
class GetMyCommands(_Scoped):
    """Read such a menu."""

    def answer(self, server: Server) -> list[Json]:
        """The commands set for exactly this."""
        return server.profile.commands(self._scope(server), self.language_code)


@dataclass(kw_only=True)
class DeleteMyCommands(_Scoped):
    """Take such a menu back."""

    def answer(self, server: Server) -> bool:
        """True."""
        server.profile.set_commands(self._scope(server), self.language_code, [])
        return True


@dataclass(kw_only=True)
class _InLanguage(Call):
    language_code: str = ""


@dataclass(kw_only=True)
class SetMyName(_InLanguage):
    """Set the bot's name."""

    name: str = ""

    def answer(self, server: Server) -> bool:
        """True."""
        server.profile.set_text("name", self.name, self.language_code)
        return True


@dataclass(kw_only=True)
class GetMyName(_InLanguage):
    """Read the bot's name."""

    def answer(self, server: Server) -> Json:
        """The Bot API's ``BotName``."""
        return {"name": server.profile.text("name", self.language_code)}


@dataclass(kw_only=True)
class SetMyDescription(_InLanguage):
    """Set what an empty chat shows."""

    description: str = ""

    def answer(self, server: Server) -> bool:
        """True."""
        server.profile.set_text("description", self.description, self.language_code)
        return True


@dataclass(kw_only=True)
class GetMyDescription(_InLanguage):
    """Read what an empty chat shows."""

    def answer(self, server: Server) -> Json:
        """The Bot API's ``BotDescription``."""
        return {"description": server.profile.text("description", self.language_code)}


@dataclass(kw_only=True)
class SetMyShortDescription(_InLanguage):
    """Set what the bot's page shows."""

    short_description: str = ""

    def answer(self, server: Server) -> bool:
        """True."""
        server.profile.set_text("short_description", self.short_description, self.language_code)
        return True


@dataclass(kw_only=True)
class GetMyShortDescription(_InLanguage):
    """Read what the bot's page shows."""

    def answer(self, server: Server) -> Json:
        """The Bot API's ``BotShortDescription``."""
        return {"short_description": server.profile.text("short_description", self.language_code)}


@dataclass(kw_only=True)
class SetChatMenuButton(Call):
    """Set the button beside the text field, in one private chat or wherever none is set."""

    chat_id: int = 0
    menu_button: Json | None = None

    def answer(self, server: Server) -> bool:
        """True."""
        if self.chat_id:
            server.met(self.chat_id)
        server.profile.set_menu_button(self.chat_id, self.menu_button or {"type": "default"})
        return True


@dataclass(kw_only=True)
class GetChatMenuButton(Call):
    """Read that button."""

    chat_id: int = 0

    def answer(self, server: Server) -> Json:
        """The Bot API's ``MenuButton``."""
        return server.profile.menu_button(self.chat_id)


@dataclass(kw_only=True)
class GetChat(Call):
    """Everything about a chat."""

    chat_id: ChatId

    def answer(self, server: Server) -> Json:
        """The Bot API's ``ChatFullInfo``."""
        return server.met(self.chat_id).full()


@dataclass(kw_only=True)
class GetChatMember(Call):
    """What somebody is in a chat."""

    chat_id: ChatId
    user_id: int

    def answer(self, server: Server) -> Json:
        """The Bot API's ``ChatMember``."""
        chat = server.met(self.chat_id)
        if self.user_id == server.bot_id:
            return member(server.bot_user(), chat.bot)
        person = server.people.get(self.user_id)
        if person is None:
            raise bad_request("user not found")
        here = "member" if person is chat.person else chat.members.get(person.id, "left")
        return member(person.user(), here)


@dataclass(kw_only=True)
class GetFile(Call):
    """Where a file can be downloaded."""

    file_id: str

    def answer(self, server: Server) -> Json:
        """The Bot API's ``File``."""
        return server.files.get(self.file_id).downloadable()


ACCOUNTS: Final[Sequence[type[Call]]] = (
    GetMe,
    LogOut,
    Close,
    SetMyCommands,
    GetMyCommands,
    DeleteMyCommands,
    SetMyName,
    GetMyName,
    SetMyDescription,
    GetMyDescription,
    SetMyShortDescription,
    GetMyShortDescription,
    SetChatMenuButton,
    GetChatMenuButton,
    GetChat,
    GetChatMember,
    GetFile,
)
