"""Reads ``knowledge/`` into values, and names every fault with its file and line."""

from __future__ import annotations

import os
import string
import tempfile
import textwrap
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import takewhile
from pathlib import Path
from typing import Any, ClassVar, TypeVar

import yaml
from pydantic import TypeAdapter, ValidationError
from yaml.constructor import SafeConstructor

from bot.faq.matcher import Entry, Vocabulary
from bot.rules.answers import (
    DESK,
    DeskAnswer,
    DeskPage,
    GeneralPage,
    Knowledge,
    Phrasing,
    ProgrammePage,
    Source,
    UsualCalls,
)
from bot.rules.hours import DeskHours
from bot.rules.messages import LANGS, Words
from bot.rules.programmes import Programme

T = TypeVar("T")
Path_ = tuple[str | int, ...]

FOLDER = Path(__file__).parent.parent / "knowledge"
"""The desk's folder, beside the program."""
DESK_FILE = "desk.yaml"
"""What the desk answered to students; the only file that the program itself writes."""
WIDTH = 110
"""Characters of a line of it."""


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """Something wrong in ``knowledge/``: the file (relative to the folder), the line (from 1), and one sentence."""

    file: str
    line: int
    sentence: str

    def __str__(self) -> str:
        """``programmes/free-mover.yaml:12: …``."""
        return f"{self.file}:{self.line}: {self.sentence}"


class KnowledgeError(Exception):
    """The knowledge cannot be used; ``faults`` says why."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = sorted(faults)
        more = f" (and {len(faults) - 1} more; run: bot check)" if len(faults) > 1 else ""
        super().__init__(f"{self.faults[0]}{more}")


@dataclass(slots=True)
class File:
    """One file as plain values, with the line of every value in it."""

    name: str
    value: Any = None
    lines: dict[Path_, int] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    def line(self, path: Sequence[str | int]) -> int:
        """The line of the value at ``path``, or of the nearest value around it."""
        for length in range(len(path), -1, -1):
            if line := self.lines.get(tuple(path[:length])):
                return line
        return 1

    def fault(self, path: Sequence[str | int], sentence: str) -> Fault:
        """A fault of the value at ``path``."""
        return Fault(self.name, self.line(path), sentence)


@dataclass(frozen=True, slots=True)
class Shelf:
    """The knowledge together with the files it was read from, for those who look for faults."""

    knowledge: Knowledge
    vocabulary: Vocabulary
    files: Mapping[str, File]


def load(folder: Path = FOLDER) -> Shelf:
    """Read the whole folder.

    Raises:
        KnowledgeError: A file is missing, is no YAML, has an unknown or missing key, or names what does not exist.
    """
    reading = _Reading(folder)
    pages = [reading.read(f"programmes/{programme}.yaml", ProgrammePage) for programme in Programme]
    general = reading.read("general.yaml", GeneralPage)
    sources = reading.read("sources.yaml", dict[str, Source])
    calls = reading.read("calls.yaml", UsualCalls)
    texts = {lang: reading.read(f"messages.{lang}.yaml", dict[str, str]) for lang in LANGS}
    vocabulary = reading.read("vocabulary.yaml", Vocabulary)
    desk = _desk(reading)
    hours = reading.read("desk-hours.yaml", DeskHours)
    if reading.faults or not (general and sources is not None and calls and vocabulary and desk and hours):
        raise KnowledgeError(reading.faults)
    found = [page for page in pages if page]
    knowledge = Knowledge(
        programmes={page.id: page for page in found},
        general=general.answers,
        facts=dict(general.facts) | {key: fact for page in found for key, fact in page.facts.items()},
        sources=sources,
        calls=calls.usual,
        words=Words({lang: text or {} for lang, text in texts.items()}),
        hours=hours,
        desk={answer.id: answer for answer in desk.answers},
        learned=desk.learned,
    )
    faults = [*_misfiled(reading.files), *_dangling(reading.files, knowledge), *_untranslated(reading.files)]
    faults += _unanswered(reading.files, knowledge)
    if faults:
        raise KnowledgeError(faults)
    return Shelf(knowledge, _widened(vocabulary, knowledge), reading.files)


def _widened(vocabulary: Vocabulary, knowledge: Knowledge) -> Vocabulary:
    """The vocabulary with the questions of other subjects that the desk has found."""
    foreign: dict[str, Sequence[str]] = {
        lang: [*vocabulary.foreign.get(lang, ()), *knowledge.asked_for(None, lang)] for lang in LANGS
    }
    return replace(vocabulary, foreign={**vocabulary.foreign, **foreign})


def shelve(
    folder: Path,
    approved: Sequence[DeskAnswer],
    withdrawn: Collection[int],
    learned: Collection[Phrasing] = (),
    unlearned: Collection[Phrasing] = (),
) -> bool:
    """Bring the desk's answers on file in line: those approved stand there, those withdrawn do not; False: they did.

    An answer that stands there already stays as it is, for somebody may have edited it by hand. With an answer go the
    phrasings that ask for it. The file is replaced in one go, whatever happens meanwhile.

    Args:
        folder: The folder of the knowledge.
        approved: The answers that should stand there.
        withdrawn: The numbers of those that should not.
        learned: The phrasings that should stand there.
        unlearned: Those that should not.

    Raises:
        KnowledgeError: What stands there cannot be read, so nothing was written.
        OSError: The file cannot be written.
    """
    reading = _Reading(folder)
    page = _desk(reading)
    if page is None:
        raise KnowledgeError(reading.faults)
    before = {answer.id: answer for answer in page.answers}
    after = {answer.id: answer for answer in approved} | before
    after = {number: after[number] for number in sorted(after) if number not in withdrawn}
    gone = {f"{DESK}.{number}" for number in withdrawn}
    phrasings = [each for each in dict.fromkeys([*page.learned, *learned]) if each.label not in gone]
    phrasings = [each for each in phrasings if each not in unlearned]
    if after.keys() == before.keys() and set(phrasings) == set(page.learned):
        return False
    path = (folder / DESK_FILE).resolve()
    _replace(path, f"{_head(path)}{_written(list(after.values()), phrasings)}")
    return True


def check_writable(folder: Path) -> None:
    """Try to write beside the desk's answers.

    Raises:
        OSError: It cannot be done.
    """
    with tempfile.TemporaryFile(dir=(folder / DESK_FILE).resolve().parent):
        pass


def entries(knowledge: Knowledge) -> list[Entry]:
    """The answers as the matcher wants them."""
    asked = [(label, answer.phrases) for label, answer in knowledge.answers()]
    asked += [(answer.label, answer.phrases) for answer in knowledge.desk.values()]
    more = {label: {lang: knowledge.asked_for(label, lang) for lang in LANGS} for label, _ in asked}
    return [
        Entry(label, {"en": (*phrases.en, *more[label]["en"]), "it": (*phrases.it, *more[label]["it"])})
        for label, phrases in asked
    ]


def names(knowledge: Knowledge) -> dict[str, tuple[str, ...]]:
    """Everything students call each programme, in both languages."""
    return {
        programme: tuple(
            dict.fromkeys(
                name
                for lang in LANGS
                for naming in (page.names[lang],)
                for name in (naming.title, naming.button, *naming.also)
            )
        )
        for programme, page in knowledge.programmes.items()
    }


def _desk(reading: _Reading) -> DeskPage | None:
    """What the desk answered to students; where only this file is missing, nothing yet."""
    return DeskPage(answers=()) if reading.lacks(DESK_FILE) else reading.read(DESK_FILE, DeskPage)


class _Reading:
    """The files read so far and what is wrong with them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.files: dict[str, File] = {}
        self.faults: list[Fault] = []

    def lacks(self, name: str) -> bool:
        """Whether there is the folder, and no such file in it."""
        return self._folder.exists() and not (self._folder / name).exists()

    def read(self, name: str, kind: type[T]) -> T | None:
        """The file as a value of ``kind``; None after noting what is wrong with it."""
        file = self.files[name] = parse(self._folder / name, name)
        self.faults += file.faults
        if file.faults:
            return None
        try:
            return TypeAdapter(kind).validate_python(file.value)
        except ValidationError as error:
            self.faults += [file.fault(_path(each["loc"]), _sentence(each)) for each in error.errors()]
            return None


def _path(loc: Sequence[str | int]) -> Path_:
    return tuple(part for part in loc if part != "[key]")


def _sentence(error: Mapping[str, Any]) -> str:
    where = ".".join(str(part) for part in error["loc"])
    message = str(error["msg"]).removeprefix("Value error, ")
    if error["type"] in {"extra_forbidden", "unexpected_keyword_argument"}:
        message = "unknown key"
    elif error["type"] == "missing":
        message = "is missing"
    return f"{where}: {message}" if where else message


def parse(path: Path, name: str) -> File:
    """A YAML file as plain values; its faults are noted in the result, never raised."""
    file = File(name)
    try:
        text = path.read_text(encoding="utf-8")
        node = yaml.compose(text, Loader=yaml.CSafeLoader)
    except FileNotFoundError:
        file.faults.append(Fault(name, 1, "the file is missing"))
    except OSError as error:
        file.faults.append(Fault(name, 1, f"the file cannot be read: {error.strerror}"))
    except UnicodeDecodeError:
        file.faults.append(Fault(name, 1, "the file is not UTF-8 text"))
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        file.faults.append(Fault(name, line, f"no YAML: {error.problem}"))
    except yaml.reader.ReaderError as error:
        line = text.encode()[: error.position].count(b"\n") + 1
        file.faults.append(Fault(name, line, f"no YAML: {error.reason}"))
    else:
        try:
            file.value = _value(file, node, ()) if node else {}
        except RecursionError:
            file.faults.append(Fault(name, 1, "something in the file holds itself"))
    return file


def _value(file: File, node: yaml.Node, path: Path_) -> Any:  # noqa: ANN401 - a YAML value may be anything
    file.lines.setdefault(path, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        return dict(_pairs(file, node, path))
    if isinstance(node, yaml.SequenceNode):
        return [_value(file, item, (*path, at)) for at, item in enumerate(node.value)]
    if node.tag == "tag:yaml.org,2002:bool" and node.value.lower() not in {"true", "false"}:
        return node.value  # "no" and "on" are words here, as in YAML 1.2
    if node.tag == "tag:yaml.org,2002:float":
        return node.value
    if node.tag == "tag:yaml.org,2002:str":
        return node.value
    try:
        return SafeConstructor().construct_object(node)
    except (ValueError, IndexError, yaml.MarkedYAMLError):  # such as 2026-11-31, or a tag of somebody's own
        file.faults.append(Fault(file.name, node.start_mark.line + 1, f"{node.value!r} cannot be read"))
        return None


def _pairs(file: File, node: yaml.MappingNode, path: Path_) -> Iterator[tuple[str, Any]]:
    seen = set()
    for key_node, value_node in node.value:
        key = key_node.value
        if not isinstance(key, str):
            file.faults.append(Fault(file.name, key_node.start_mark.line + 1, "no YAML: braces in place of a key"))
            continue
        here = (*path, key)
        if key in seen:
            file.faults.append(Fault(file.name, key_node.start_mark.line + 1, f"{key}: stands here twice"))
        seen.add(key)
        file.lines[here] = key_node.start_mark.line + 1
        yield key, _value(file, value_node, here)


def _misfiled(files: Mapping[str, File]) -> Iterator[Fault]:
    """Programmes whose file is named for another."""
    for name, file in files.items():
        if name.startswith("programmes/") and name != f"programmes/{file.value['id']}.yaml":
            yield file.fault(
                ("id",), f"id: the file of {file.value['id']} is called programmes/{file.value['id']}.yaml"
            )


def _dangling(files: Mapping[str, File], knowledge: Knowledge) -> Iterator[Fault]:
    """Names of facts and sources that do not exist."""
    for name, file in files.items():
        if not name.startswith(("programmes/", "general", "calls")):
            continue
        for path in file.lines:
            wanted = _wanted(file.value, path)
            if wanted and wanted[0] == "fact" and wanted[1] not in knowledge.facts:
                yield file.fault(path, f"there is no fact {wanted[1]}")
            if wanted and wanted[0] == "source" and wanted[1] not in knowledge.sources:
                yield file.fault(path, f"there is no source {wanted[1]} in sources.yaml")


def _unanswered(files: Mapping[str, File], knowledge: Knowledge) -> Iterator[Fault]:
    """Phrasings of answers that do not exist."""
    for label in dict.fromkeys(each.label for each in knowledge.learned):
        if label is not None and knowledge.answer(label) is None:
            yield files[DESK_FILE].fault(("phrasings", label), f"phrasings: there is no answer {label}")


def _wanted(value: Any, path: Path_) -> tuple[str, str] | None:  # noqa: ANN401 - a YAML value may be anything
    """What the value at ``path`` names: a fact, a source, or nothing."""
    for part in path:
        value = value[part]
    if not isinstance(value, str):
        return None
    parent = path[-2] if len(path) > 1 else None
    if path[-1] == "fact" or (parent == "facts" and (path[0] == "rules" or path[0] == "answers")):
        return "fact", value
    if path[-1] == "source" or parent in {"links", "silent"}:
        return "source", value
    return None


def _untranslated(files: Mapping[str, File]) -> Iterator[Fault]:
    """Sentences that stand in one language only, or whose placeholders differ."""
    en, it = (files[f"messages.{lang}.yaml"] for lang in LANGS)
    for one, other in ((en, it), (it, en)):
        for key in one.value.keys() - other.value.keys():
            yield one.fault((key,), f"{key}: is missing in {other.name}")
    for key in en.value.keys() & it.value.keys():
        if placeholders(en.value[key]) != placeholders(it.value[key]):
            yield it.fault((key,), f"{key}: the placeholders differ from {en.name}")


def placeholders(text: str) -> set[str]:
    """The names in braces of a sentence; a lone brace counts as the placeholder ``?``."""
    try:
        return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}
    except ValueError:
        return {"?"}


# The one file that the program writes


class _Blocks(yaml.SafeDumper):
    """Writes a text of several lines as such a text."""

    def text(self, value: str) -> yaml.Node:
        """A text."""
        style = "|" if "\n" in value else None
        return self.represent_scalar("tag:yaml.org,2002:str", value, style=style)

    yaml_representers: ClassVar[dict[type, Any]] = {**yaml.SafeDumper.yaml_representers, str: text}


def _written(answers: Sequence[DeskAnswer], phrasings: Sequence[Phrasing] = ()) -> str:
    """The answers as YAML, a block each, and below them the phrasings, where there are any."""
    blocks = "\n".join(_block(answer) for answer in answers)
    return (f"answers:\n{blocks}" if answers else "answers: []\n") + _learned(phrasings)


def _learned(phrasings: Sequence[Phrasing]) -> str:
    page: dict[str, Any] = {}
    for each in phrasings:
        section = page.setdefault("phrasings", {}).setdefault(each.label, {}) if each.label else None
        section = page.setdefault("foreign", {}) if section is None else section
        section.setdefault(each.lang, []).append(each.text)
    sections = ({name: page[name]} for name in ("phrasings", "foreign") if name in page)
    return "".join(f"\n{_yaml(section)}" for section in sections)


def _block(answer: DeskAnswer) -> str:
    values = answer.model_dump(exclude_none=True)
    values |= {"phrases": {lang: list(texts) for lang, texts in values["phrases"].items() if texts}}
    if answer.programme:
        values["programme"] = str(answer.programme)
    return textwrap.indent(_yaml([values]), "  ")


def _yaml(value: object) -> str:
    return str(yaml.dump(value, Dumper=_Blocks, sort_keys=False, allow_unicode=True, width=WIDTH))


def _head(path: Path) -> str:
    """The comment at the head of a file."""
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True) if path.exists() else []
    return "".join(takewhile(lambda line: line.startswith("#") or not line.strip(), lines))


def _replace(path: Path, text: str) -> None:
    """Put a text in place of a file: whoever reads it meanwhile, or after a crash, finds the one or the other."""
    number, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    fresh = Path(name)
    try:
        with os.fdopen(number, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        fresh.chmod(path.stat().st_mode & 0o777 if path.exists() else 0o644)
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
