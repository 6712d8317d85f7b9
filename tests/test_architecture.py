"""The house as ``bot/__init__.py`` describes it: floors, owners of libraries, sizes, a test for every module."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
BOT = ROOT / "bot"
MODULES = sorted(path for path in BOT.rglob("*.py") if "versions" not in path.parts)

FLOORS: dict[str, int] = {
    "cli": 5, "__main__": 6, "demo": 4, "app": 4,
    "config": 3, "transport": 3, "scheduler": 3, "playground": 3,
    "desk": 2, "check": 2,
    "knowledge": 1, "storage": 1,
    "rules": 0, "faq": 0, "clock": 0,
}  # fmt: skip
NEIGHBOURS = {("cli", "demo"), ("cli", "app"), ("demo", "app"), ("rules", "faq"), ("faq", "rules")}
"""Rooms of one floor that know each other."""
OWNERS = {
    "telegram": ("transport", "app"),
    "sqlmodel": ("storage",),
    "sqlalchemy": ("storage",),
    "alembic": ("storage",),
    "apscheduler": ("scheduler",),
    "rapidfuzz": ("faq",),
    "numpy": ("faq",),
    "starlette": ("playground",),
    "sse_starlette": ("playground",),
    "uvicorn": ("demo",),
    "pydantic_settings": ("config",),
    "yaml": ("knowledge",),
    "icalendar": ("rules",),
    "holidays": ("rules",),
    "segno": ("rules",),
    "matplotlib": ("rules",),
    "click": ("cli", "demo"),
}
BANNED_NAMES = ("utils", "helpers", "common", "manager", "service", "base")
LONGEST_FILE, LONGEST_FUNCTION = 500, 60
CLOCK_CALLS = ("datetime.now", "datetime.utcnow", "date.today", "time.time", "time.monotonic", "func.now")


def name_of(path: Path) -> str:
    return path.relative_to(BOT).with_suffix("").as_posix()


def room_of(path: Path) -> str:
    return path.relative_to(BOT).with_suffix("").parts[0]


def imports_of(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            if node.module == "bot":
                yield from (f"bot.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_imports_only_point_down(path: Path) -> None:
    room = room_of(path)
    if room == "__init__":
        return
    for module in imports_of(path):
        if not module.startswith("bot."):
            continue
        other = module.split(".")[1]
        lower = FLOORS[other] < FLOORS[room]
        assert lower or other == room or (room, other) in NEIGHBOURS, f"{name_of(path)} may not import {module}"


def test_the_playground_knows_nothing_of_the_bot() -> None:
    for path in (BOT / "playground").glob("*.py"):
        strangers = [module for module in imports_of(path) if module.startswith("bot.") and "playground" not in module]
        assert not strangers, f"{name_of(path)} imports {strangers}"


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_libraries_have_owners(path: Path) -> None:
    for module in imports_of(path):
        owners = OWNERS.get(module.split(".")[0])
        assert owners is None or room_of(path) in owners, f"{name_of(path)} imports {module}, which is {owners}'s"


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_nothing_is_too_long(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") <= LONGEST_FILE
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            assert lines <= LONGEST_FUNCTION, f"{name_of(path)}.{node.name} has {lines} lines"


def test_rooms_are_named_for_what_they_hold() -> None:
    for path in MODULES:
        assert not any(word in BANNED_NAMES for word in path.stem.split("_")), name_of(path)


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_only_the_clock_reads_the_time(path: Path) -> None:
    if name_of(path) == "clock":
        return
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            assert ast.unparse(node.func) not in CLOCK_CALLS, f"{name_of(path)}:{node.lineno} reads the clock"


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_nothing_is_imported_inside_a_function_without_a_reason(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    lines = text.splitlines()
    for function in ast.walk(ast.parse(text)):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            for node in ast.walk(function):
                if isinstance(node, ast.Import | ast.ImportFrom):
                    assert "#" in lines[node.lineno - 2], f"{name_of(path)}:{node.lineno} imports without a reason"


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_every_module_has_a_test_file(path: Path) -> None:
    name = name_of(path)
    if path.stem in {"__init__", "__main__"} or "migrations" in path.parts:
        return
    wanted = ROOT / "tests" / f"test_{name.replace('/', '_')}.py"
    assert wanted.exists(), f"bot/{name}.py has no {wanted.name}"


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_every_module_says_what_it_is_for(path: Path) -> None:
    if path.read_text(encoding="utf-8").strip():
        assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))), name_of(path)
