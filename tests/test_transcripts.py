"""Conversations as a tutor could read them, played to the real desk and compared word by word.

``tests/transcripts/*.txt``: the first lines say who is there (``# name (language): …``, ``# name (language, staff):
…``, ``# name (language, tutor): …``) and which groups there are (``# name (group of name, name): …``). ``> text`` is
what the first of them writes, ``Name> text`` what somebody writes by name and ``Name in group> text`` what they write
there; ``[text]`` is a button they press, ``(text)`` something else they do: see ``DOINGS`` and ``deed``. ``(types
text)`` is what they type after the bot's name, and shows its cards.
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
from tests.scene import Scene, open_scene, rows, shown

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
GROUP = re.compile(r"# (.+) \(group of (.+)\): ")
TYPED = re.compile(r"\(types(?: (.+))?\)")
POSTED = re.compile(r"\(posts «(.+)»\)")
FOLLOWED = re.compile(r"\(follows \[(.+)\]\)")
DONE = re.compile(r"(\w*)(?: in (.+?))?> (.+)")
LATER = re.compile(r"\+(\d+) (seconds|minutes|hours|days)")
MILAN = ZoneInfo("Europe/Rome")
Chats = Mapping[str, Mapping[int, Json]]
"""The messages in everybody's chat and in every group, by name and number."""


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.txt")), ids=lambda path: path.stem)
async def test_transcript(path: Path, tmp_path: Path) -> None:
    written = path.read_text(encoding="utf-8")
    cast = [found.groups() for line in written.splitlines() if (found := CAST.match(line))]
    roles = {role: {name: lang for name, lang, its in cast if its == role} for role in ("staff", "tutor")}
    async with open_scene(tmp_path, roles["staff"], roles["tutor"]) as scene:
        for name, lang, role in cast:
            if not role:
                scene.world.add_person(name, language_code=lang)
        people = {person.first_name: person for person in scene.world.people.values()}
        for name, members in (found.groups() for line in written.splitlines() if (found := GROUP.match(line))):
            scene.world.add_group(name, [people[each] for each in members.split(", ")])
        played = await play(scene, written, cast[0][0])
    if os.environ.get("TRANSCRIPTS") == "write":
        path.write_text(played, encoding="utf-8")
    assert played == written


async def play(scene: Scene, written: str, first: str) -> str:
    people = {person.first_name: person for person in scene.world.people.values()}
    places = {name: person.id for name, person in people.items()}
    places |= {chat.title: chat.id for chat in scene.world.chats.values() if chat.person is None}
    out = [line for line in written.splitlines() if CAST.match(line) or GROUP.match(line)]
    for line in written.splitlines():
        done, before = DONE.fullmatch(line), chats(scene.world, places)
        actor = done[1] or first if done else ""
        place = done[2] or actor if done else ""
        if actor in people and done:
            toast = await act(scene, people[actor], done[3], places[place])
        elif line.startswith("@ "):
            toast = None
            await scene.until(moment(scene, line.removeprefix("@ ")))
        else:
            continue
        out += ["", line, *([f"({toast})"] if toast else []), *happened(before, chats(scene.world, places), place)]
    return SECRET.sub(r"\1…", "\n".join(out) + "\n")


async def act(scene: Scene, person: Person, what: str, chat_id: int) -> str | None:
    """Let somebody do something in a chat; what is shown over it, if anything is."""
    if typed := TYPED.fullmatch(what):
        return offered(await scene.world.ask_inline(person, typed[1] or "", chat_id=chat_id) or {})
    if what in DOINGS:
        DOINGS[what](scene.world, person)
        await scene.quiet(person)
    elif what.startswith("("):
        deed(scene.world, person, what, chat_id)
        await scene.quiet(person)
    elif what.startswith("["):
        await scene.tap(person, what[1:-1])
        return scene.toast
    else:
        scene.world.say(person, what.replace("\\n", "\n"), chat_id=chat_id)
        await scene.quiet(person)
    return None


def offered(answer: Json) -> str:
    """The cards and the button above them as somebody sees them who typed the bot's name."""
    cards = [f"  {card['title']}: {card['description']}" for card in answer.get("results", ())]
    button = answer.get("button")
    return "\n".join(["cards:", *([f"  [{button['text']}]"] if button else []), *cards])


def deed(world: World, person: Person, what: str, chat_id: int) -> None:
    """Something that is neither a text nor a press: a reply, a change, a file, an album, a card, a link, a sticker."""
    if found := REPLY.fullmatch(what):
        world.say(person, found[2], chat_id=chat_id, reply_to=find(world, person, found[1], chat_id=chat_id))
    elif found := POSTED.fullmatch(what):
        results = (world.offered[person.id].answer or {})["results"]
        world.choose(person, next(card["id"] for card in results if card["title"] == found[1]))
    elif found := FOLLOWED.fullmatch(what):
        world.start(person, payload_behind(world, found[1]))
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


def payload_behind(world: World, button: str) -> str:
    """What the newest button in a group carries that shows these words and leads to the bot."""
    found = [
        (message["date"], message["message_id"], link[1])
        for chat in world.chats.values()
        if chat.person is None
        for message in chat.messages.values()
        for row in rows(message)
        for each in row
        if each["text"] == button and (link := LINK.search(each.get("url", "")))
    ]
    return str(max(found)[2])


def find(world: World, person: Person, words: str, *, own: bool = False, chat_id: int | None = None) -> int:
    """The newest message of a chat, or the newest of their own, that holds some words."""
    for message in reversed(world.messages(chat_id or person.id)):
        mine = message["from"]["id"] == person.id
        if words in str(message.get("text", message.get("caption"))) and (mine or not own):
            return int(message["message_id"])
    raise AssertionError(words)


def moment(scene: Scene, written: str) -> datetime:
    later = LATER.fullmatch(written)
    if later:
        return scene.world.now() + timedelta(**{later[2]: int(later[1])})
    return datetime.strptime(written, "%Y-%m-%d %H:%M").replace(tzinfo=MILAN)


def chats(world: World, places: Mapping[str, int]) -> Chats:
    return {
        name: {message["message_id"]: dict(message) for message in world.messages(chat_id)}
        for name, chat_id in places.items()
    }


def happened(before: Chats, after: Chats, place: str) -> Iterator[str]:
    """What the bot did in every chat, ``place`` first, and what was posted with its help."""
    for name in sorted(after, key=lambda name: name != place):
        news = list(news_of(before[name], after[name]))
        if news and name != place:
            yield from ("", f"→ {name}")
        for message in news:
            yield from ("", message)


def news_of(before: Mapping[int, Json], after: Mapping[int, Json]) -> Iterator[str]:
    for number, message in before.items():
        if number not in after:
            yield f"(deleted) {shown(message)}"
    for number, message in after.items():
        if (message["from"]["is_bot"] or "via_bot" in message) and message != before.get(number):
            new = {name: value for name, value in message.items() if name != "edit_date"}
            yield shown(message if number in before else new)
