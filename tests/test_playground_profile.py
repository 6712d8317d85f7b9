from __future__ import annotations

import pytest

from bot.playground.entities import Json
from bot.playground.errors import ApiError
from bot.playground.profile import Profile, Scope


def new_profile() -> tuple[Profile, list[tuple[str, Json]]]:
    told: list[tuple[str, Json]] = []
    return Profile("Desk", lambda kind, **data: told.append((kind, data))), told


def command(name: str) -> list[Json]:
    return [{"command": name, "description": "Does it"}]


def test_a_menu_is_kept_by_scope_and_language() -> None:
    profile, told = new_profile()
    profile.set_commands(Scope(), "it", [{"command": "/piano", "description": " Che cosa fa "}])
    assert profile.commands(Scope(), "it") == [{"command": "piano", "description": "Che cosa fa"}]
    assert profile.commands(Scope(), "") == []
    assert told == [("commands", {"scope": "default", "language_code": "it"})]
    profile.set_commands(Scope(), "it", [])
    assert profile.commands(Scope(), "it") == []


def test_the_narrowest_scope_wins_and_the_own_language_before_none() -> None:
    profile, _ = new_profile()
    steps = [
        (Scope(), ""),
        (Scope("all_private_chats"), ""),
        (Scope("all_private_chats"), "it"),
        (Scope("chat", 7), ""),
        (Scope("chat", 7), "it"),
    ]
    for number, (scope, language) in enumerate(steps):
        profile.set_commands(scope, language, command(f"c{number}"))
        assert profile.menu(7, 7, "it", group=False) == command(f"c{number}")
    assert profile.menu(7, 7, "en", group=False) == command("c3")
    assert profile.menu(8, 8, "it", group=False) == command("c2")
    assert profile.menu(-5, 7, "it", group=True) == command("c0")


def test_in_groups_members_and_administrators_may_see_more() -> None:
    profile, _ = new_profile()
    for number, scope in enumerate(
        [
            Scope("all_group_chats"),
            Scope("all_chat_administrators"),
            Scope("chat", -5),
            Scope("chat_administrators", -5),
            Scope("chat_member", -5, 7),
        ]
    ):
        profile.set_commands(scope, "", command(f"c{number}"))
        assert profile.menu(-5, 7, "en", group=True, role="creator") == command(f"c{number}")
    assert profile.menu(-5, 8, "en", group=True, role="member") == command("c2")
    assert profile.menu(-6, 8, "en", group=True, role="administrator") == command("c1")


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"command": "", "description": "a"}, "command must be non-empty"),
        ({"command": "a" * 33, "description": "a"}, "command length must not exceed 32"),
        ({"command": "a", "description": " "}, "command description must be non-empty"),
        ({"command": "a", "description": "a" * 257}, "command description length must not exceed 256"),
        ({"command": "Plan", "description": "a"}, "BOT_COMMAND_INVALID"),
    ],
)
def test_wrong_commands_are_refused(wrong: Json, why: str) -> None:
    profile, _ = new_profile()
    with pytest.raises(ApiError) as refused:
        profile.set_commands(Scope(), "", [wrong])
    assert str(refused.value) == f"Bad Request: {why}"


def test_a_menu_has_at_most_a_hundred_commands() -> None:
    profile, _ = new_profile()
    profile.set_commands(Scope(), "", [*command("a")] * 100)
    with pytest.raises(ApiError, match="BOT_COMMANDS_TOO_MUCH"):
        profile.set_commands(Scope(), "", [*command("a")] * 101)


def test_texts_fall_back_to_any_language_and_the_name_to_the_first() -> None:
    profile, told = new_profile()
    assert (profile.text("name", "it"), profile.text("description", "it")) == ("Desk", "")
    profile.set_text("name", "Mobility desk", "")
    profile.set_text("name", "Sportello mobilità", "it")
    assert [profile.text("name", language) for language in ("it", "en")] == ["Sportello mobilità", "Mobility desk"]
    profile.set_text("name", "", "it")
    assert profile.text("name", "it") == "Mobility desk"
    assert told[0] == ("profile", {"name": "name"})
    with pytest.raises(ApiError, match="SHORT_DESCRIPTION_TOO_LONG"):
        profile.set_text("short_description", "a" * 121, "")


def test_a_chat_has_its_own_menu_button_or_the_usual_one() -> None:
    profile, _ = new_profile()
    assert profile.menu_button(7) == {"type": "commands"}
    profile.set_menu_button(0, {"type": "default"})
    profile.set_menu_button(7, {"type": "commands"})
    assert (profile.menu_button(7), profile.menu_button(8)) == ({"type": "commands"}, {"type": "default"})
    with pytest.raises(ApiError, match="MenuButton has unsupported type"):
        profile.set_menu_button(0, {"type": "loud"})
