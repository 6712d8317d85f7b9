"""Conversations as a tutor could read them, played to the real desk and compared word by word.

``tests/transcripts/*.txt``: the first lines say who is there (``# name (language): …``, ``# name (language, staff):
…``); ``> text`` is what the first of them writes and ``Name> text`` what somebody writes by name, ``[text]`` a button
they press, ``(text)`` something else they do. ``@ 2026-11-25 09:00`` lets time pass until then, on Milan's clocks, and
``@ +30 seconds`` for so long. All the rest is what the bot does: below ``→ Name`` towards somebody who did not ask.
``TRANSCRIPTS=write pytest tests/test_transcripts.py`` writes the bot's part anew, for a person to read.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.playground.chats import Person
from bot.playground.entities import Json
from bot.playground.world import World
from tests.scene import Scene, open_scene, shown

FOLDER = Path(__file__).parent / "transcripts"
DOINGS = {"(blocks the bot)": World.block, "(unblocks the bot)": World.unblock}
CAST = re.compile(r"# (.+) \((\w+)(, staff)?\): ")
DONE = re.compile(r"(\w*)> (.+)")
LATER = re.compile(r"\+(\d+) (seconds|minutes|hours|days)")
MILAN = ZoneInfo("Europe/Rome")
Chats = Mapping[str, Mapping[int, Json]]
"""The messages in everybody's chat, by first name and number."""


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.txt")), ids=lambda path: path.stem)
async def test_transcript(path: Path, tmp_path: Path) -> None:
    written = path.read_text(encoding="utf-8")
    cast = [found.groups() for line in written.splitlines() if (found := CAST.match(line))]
    async with open_scene(tmp_path, {name: lang for name, lang, staff in cast if staff}) as scene:
        for name, lang, staff in cast:
            if not staff:
                scene.world.add_person(name, language_code=lang)
        played = await play(scene, written, cast[0][0])
    if os.environ.get("TRANSCRIPTS") == "write":
        path.write_text(played, encoding="utf-8")
    assert played == written


async def play(scene: Scene, written: str, first: str) -> str:
    people = {person.first_name: person for person in scene.world.people.values()}
    out = [line for line in written.splitlines() if CAST.match(line)]
    for line in written.splitlines():
        done, before = DONE.fullmatch(line), chats(scene, people)
        actor = done[1] or first if done else ""
        if actor in people and done:
            toast = await act(scene, people[actor], done[2])
        elif line.startswith("@ "):
            toast = None
            await scene.until(moment(scene, line.removeprefix("@ ")))
        else:
            continue
        out += ["", line, *([f"({toast})"] if toast else []), *happened(before, chats(scene, people), actor)]
    return "\n".join(out) + "\n"


async def act(scene: Scene, person: Person, what: str) -> str | None:
    """Let somebody do something; what is shown over the chat, if anything is."""
    if what in DOINGS:
        DOINGS[what](scene.world, person)
        await scene.quiet(person)
    elif what.startswith("["):
        await scene.tap(person, what[1:-1])
        return scene.toast
    else:
        await scene.say(person, what.replace("\\n", "\n"))
    return None


def moment(scene: Scene, written: str) -> datetime:
    later = LATER.fullmatch(written)
    if later:
        return scene.world.now() + timedelta(**{later[2]: int(later[1])})
    return datetime.strptime(written, "%Y-%m-%d %H:%M").replace(tzinfo=MILAN)


def chats(scene: Scene, people: Mapping[str, Person]) -> Chats:
    return {
        name: {message["message_id"]: dict(message) for message in scene.world.messages(person.id)}
        for name, person in people.items()
    }


def happened(before: Chats, after: Chats, actor: str) -> Iterator[str]:
    """What the bot did in every chat, that of ``actor`` first."""
    for name in sorted(after, key=lambda name: name != actor):
        news = list(news_of(before[name], after[name]))
        if news and name != actor:
            yield from ("", f"→ {name}")
        for message in news:
            yield from ("", message)


def news_of(before: Mapping[int, Json], after: Mapping[int, Json]) -> Iterator[str]:
    for number, message in before.items():
        if number not in after:
            yield f"(deleted) {shown(message)}"
    for number, message in after.items():
        if message["from"]["is_bot"] and message != before.get(number):
            new = {name: value for name, value in message.items() if name != "edit_date"}
            yield shown(message if number in before else new)
