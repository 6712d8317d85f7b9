"""Conversations as a tutor could read them, played to the real desk and compared word by word.

``tests/transcripts/*.txt``: the first lines say who is there (``# name (language): …``, ``# name (language, staff):
…``, ``# name (language, tutor): …``); ``> text`` is what the first of them writes and ``Name> text`` what somebody
writes by name, ``[text]`` a button they press, ``(text)`` something else they do: see ``DOINGS`` and ``deed``.
``@ 2026-11-25 09:00`` lets time pass until then, on Milan's clocks, and ``@ +30 seconds`` for so long. All the rest is
what the bot does: below ``→ Name`` towards somebody who did not ask.
``TRANSCRIPTS=write pytest tests/test_transcripts.py`` writes the bot's part anew, for a person to read.
"""

from __future__ import annotations

import os
import re
from base64 import b64decode
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.playground.chats import Person
from bot.playground.entities import Json
from bot.playground.files import Upload
from bot.playground.world import World
from tests.scene import Scene, open_scene, shown

FOLDER = Path(__file__).parent / "transcripts"
DOINGS = {"(blocks the bot)": World.block, "(unblocks the bot)": World.unblock}
CAST = re.compile(r"# (.+) \((\w+)(?:, (staff|tutor))?\): ")
REPLY = re.compile(r"\(replies to «(.+)»\) (.+)")
CHANGE = re.compile(r"\(changes «(.+)» to «(.+)»\)")
FILE = re.compile(r"\((photo|voice|video|document)(?: of (\d+) MB)?(?:, replying to «(.+)»)?\) ?(.*)")
ALBUM = re.compile(r"\(album of (\d+)\) ?(.*)")
LINK = re.compile(r"\?start=([\w-]+)")
SECRET = re.compile(r"(invite_)[\w-]+")
PNG = b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")
DONE = re.compile(r"(\w*)> (.+)")
LATER = re.compile(r"\+(\d+) (seconds|minutes|hours|days)")
MILAN = ZoneInfo("Europe/Rome")
Chats = Mapping[str, Mapping[int, Json]]
"""The messages in everybody's chat, by first name and number."""


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.txt")), ids=lambda path: path.stem)
async def test_transcript(path: Path, tmp_path: Path) -> None:
    written = path.read_text(encoding="utf-8")
    cast = [found.groups() for line in written.splitlines() if (found := CAST.match(line))]
    roles = {role: {name: lang for name, lang, its in cast if its == role} for role in ("staff", "tutor")}
    async with open_scene(tmp_path, roles["staff"], roles["tutor"]) as scene:
        for name, lang, role in cast:
            if not role:
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
    return SECRET.sub(r"\1…", "\n".join(out) + "\n")


async def act(scene: Scene, person: Person, what: str) -> str | None:
    """Let somebody do something; what is shown over the chat, if anything is."""
    if what in DOINGS:
        DOINGS[what](scene.world, person)
        await scene.quiet(person)
    elif what.startswith("("):
        deed(scene.world, person, what)
        await scene.quiet(person)
    elif what.startswith("["):
        await scene.tap(person, what[1:-1])
        return scene.toast
    else:
        await scene.say(person, what.replace("\\n", "\n"))
    return None


def deed(world: World, person: Person, what: str) -> None:
    """Something that is neither a text nor a press: a reply, a change, a file, an album, a link, a sticker."""
    if found := REPLY.fullmatch(what):
        world.say(person, found[2], reply_to=find(world, person, found[1]))
    elif found := CHANGE.fullmatch(what):
        world.edit(person, find(world, person, found[1], own=True), found[2])
    elif found := ALBUM.fullmatch(what):
        files = [("photo", Upload(f"{number}.png", PNG)) for number in range(int(found[1]))]
        world.send_album(person, files, caption=found[2])
    elif what == "(opens the link)":
        links = [
            (message["date"], message["message_id"], link[1])
            for each in world.people.values()
            for message in world.messages(each.id)
            if (link := LINK.search(message.get("text", "")))
        ]
        world.start(person, max(links)[2])
    elif what == "(sticker)":
        world.send_sticker(person, "👍")
    elif found := FILE.fullmatch(what):
        size = int(found[2] or 0) * 2**20
        reply_to = find(world, person, found[3]) if found[3] else None
        name = {"photo": "photo.png", "voice": "voice.ogg", "video": "video.mp4"}.get(found[1], "paper.pdf")
        world.send_file(person, found[1], Upload(name, PNG, pretended=size), caption=found[4], reply_to=reply_to)
    else:
        raise AssertionError(what)


def find(world: World, person: Person, words: str, *, own: bool = False) -> int:
    """The newest message of a chat, or the newest of their own, that holds some words."""
    for message in reversed(world.messages(person.id)):
        mine = message["from"]["id"] == person.id
        if words in str(message.get("text", message.get("caption"))) and (mine or not own):
            return int(message["message_id"])
    raise AssertionError(words)


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
