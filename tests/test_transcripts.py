"""Conversations as a tutor could read them, played to the real desk and compared word by word.

``tests/transcripts/*.txt``: the first line says who writes (name, language); ``> text`` is what they write,
``> [text]`` the button they press, ``> (text)`` something else they do, all the rest what the bot answers.
``TRANSCRIPTS=write pytest tests/test_transcripts.py`` writes the bot's part anew, for a person to read.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bot.playground.world import World
from tests.scene import Scene, open_scene, shown

FOLDER = Path(__file__).parent / "transcripts"
DOINGS = {"(blocks the bot)": World.block, "(unblocks the bot)": World.unblock}


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.txt")), ids=lambda path: path.stem)
async def test_transcript(path: Path, tmp_path: Path) -> None:
    written = path.read_text(encoding="utf-8")
    async with open_scene(tmp_path) as scene:
        played = await play(scene, written)
    if os.environ.get("TRANSCRIPTS") == "write":
        path.write_text(played, encoding="utf-8")
    assert played == written


async def play(scene: Scene, written: str) -> str:
    title, *lines = written.splitlines()
    name, language = title.removeprefix("# ").split(":")[0].strip(")").split(" (")
    person = scene.world.add_person(name, language_code=language)
    out = [title]
    for line in lines:
        if line.startswith("> "):
            said = line.removeprefix("> ")
            if said in DOINGS:
                DOINGS[said](scene.world, person)
                answers = await scene.quiet(person, scene.world.messages(person.id))
            elif said.startswith("["):
                answers = await scene.tap(person, said[1:-1])
            else:
                answers = await scene.say(person, said.replace("\\n", "\n"))
            toast = [f"({scene.toast})"] if said.startswith("[") and scene.toast else []
            out += ["", line, *toast, *(text for message in answers for text in ("", shown(message)))]
    return "\n".join(out) + "\n"
