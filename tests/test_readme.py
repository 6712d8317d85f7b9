"""README.md and .env.example say what the program does: their generated parts are compared with the program.

``README=write pytest tests/test_readme.py`` writes them anew.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

import click
import pytest

from bot.cli import commands
from bot.config import Settings
from bot.rules import tickets
from bot.rules.dialogue import diagram

ROOT = Path(__file__).parent.parent


def command_table() -> str:
    rows = []
    for name, command in commands.commands.items():
        with click.Context(command, info_name=f"bot {name}", max_content_width=100, terminal_width=100) as context:
            usage = command.get_usage(context).removeprefix("Usage: ")
        rows.append(f"| `{' '.join(usage.split())}` | {command.get_short_help_str(200)} |")
    return "\n".join(["| command | does |", "|---|---|", *rows])


def defaults() -> dict[str, str]:
    shown = {}
    for name, field in Settings.model_fields.items():
        default = field.default
        text = "" if default in (None, frozenset()) else str(default)
        shown[name.upper()] = "`knowledge/`" if name == "knowledge_dir" else f"`{text}`" if text else "–"
    return shown


def settings_table() -> str:
    rows = [
        f"| `{name.upper()}` | {field.description} | {defaults()[name.upper()]} |"
        for name, field in Settings.model_fields.items()
    ]
    return "\n".join(["| setting | meaning | default |", "|---|---|---|", *rows])


def dialogue() -> str:
    return f"```mermaid\n{diagram()}\n```"


def lives() -> str:
    return f"```mermaid\n{tickets.diagram()}\n```"


def env_example() -> str:
    blocks = [
        f"# {(field.description or '').replace('`', '')}\n# {name.upper()}={defaults()[name.upper()].strip('`–')}"
        for name, field in Settings.model_fields.items()
    ]
    text = "# Every setting of the desk. Copy to .env and take the # away from what you change.\n\n" + "\n\n".join(
        blocks
    )
    return text.replace("# BOT_TOKEN=", "BOT_TOKEN=") + "\n"


@pytest.mark.parametrize(
    ("part", "made"),
    [("commands", command_table), ("settings", settings_table), ("dialogue", dialogue), ("tickets", lives)],
)
def test_generated_part(part: str, made: Callable[[], str]) -> None:
    path = ROOT / "README.md"
    pattern = re.compile(rf"(<!-- generated: {part} -->\n).*?(<!-- end -->)", re.DOTALL)
    written = path.read_text(encoding="utf-8")
    wanted = pattern.sub(lambda found: f"{found[1]}\n{made()}\n\n{found[2]}", written)
    assert pattern.search(written)
    if os.environ.get("README") == "write":
        path.write_text(wanted, encoding="utf-8")
    else:
        assert written == wanted


def test_every_setting_is_in_the_example() -> None:
    path = ROOT / ".env.example"
    if os.environ.get("README") == "write":
        path.write_text(env_example(), encoding="utf-8")
    assert path.read_text(encoding="utf-8") == env_example()


def test_pictures_and_links_exist() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    for target in re.findall(r"\]\((?!http)([^)#]+)", text):
        assert (ROOT / target).exists(), target
