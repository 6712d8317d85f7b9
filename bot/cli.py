"""The commands of the program. Exit 0 on success, 2 with one clear line on bad input."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any, NoReturn

import click
from pydantic import SecretStr

from bot import check
from bot.app import Desk, TokenRefused, run_until_stopped
from bot.clock import SystemClock, day_in
from bot.config import Settings, SettingsError, read_settings, set_up_logging
from bot.demo import PortTaken, run_playground
from bot.desk.library import matcher
from bot.faq import labelled, report
from bot.faq.evaluation import Part, Question, part
from bot.faq.explanation import Explanation
from bot.faq.matcher import Decision, Match, Matcher
from bot.knowledge import KnowledgeError, Shelf, entries, load
from bot.rules import memberships, replies
from bot.rules.answers import Knowledge
from bot.rules.eligibility import Judgement, judge
from bot.rules.messages import LANGS, Lang, lang_of, plain
from bot.rules.plan import Fault, read_plan
from bot.rules.programmes import Destination, Goal, Programme
from bot.rules.roles import Role
from bot.storage import members
from bot.storage.errors import StorageUnavailable
from bot.storage.store import Store
from bot.transport.identity import NameUnknown, username

BAD_INPUT = 2
ALL = "all"
"""Both parts of the questions."""
LONGEST_TEXT = 100_000
"""Characters of a question that are looked at before the matcher cuts it down."""


class BadInput(Exception):
    """Something the person at the terminal can put right; the message is the one line they read."""


def main() -> NoReturn:
    """Run a command; every expected failure is one line on standard error and exit status 2."""
    try:
        commands(standalone_mode=False)
    except click.exceptions.Abort:
        sys.exit(130)
    except click.exceptions.NoArgsIsHelpError:
        _fail(f"say what to do: {', '.join(sorted(commands.commands))} (bot --help)")
    except click.ClickException as error:
        _fail(error.format_message())
    except (BadInput, SettingsError, StorageUnavailable, KnowledgeError, TokenRefused, NameUnknown, PortTaken) as error:
        _fail(str(error))
    except BrokenPipeError:
        sys.exit(0)
    except OSError as error:
        _fail(f"the answer cannot be written: {error.strerror}")
    sys.exit(0)


def _fail(sentence: str) -> NoReturn:
    click.echo(f"bot: {' '.join(sentence.split())}", err=True)
    sys.exit(BAD_INPUT)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
def commands() -> None:
    """The mobility desk: answers, plans and alerts for students who want to go abroad."""


@commands.command()
def run() -> None:
    """Run the bot on Telegram (needs BOT_TOKEN)."""
    settings = read_settings()
    if settings.bot_token is None:
        raise BadInput("BOT_TOKEN is missing: get one from @BotFather and write it into .env (bot try needs none)")
    set_up_logging(settings)
    run_until_stopped(Desk(settings))


@commands.command()
@click.argument("role", type=click.Choice([Role.TUTOR.value, Role.ADMIN.value]))
@click.option("--qr", type=click.Path(path_type=Path), help="Draw the link as a QR code into this PNG file, too.")
@click.option(
    "--days",
    default=members.INVITATION_LASTS.days,
    show_default=True,
    type=click.IntRange(1, 90),
    help="For how many days the link works.",
)
def invite(role: str, qr: Path | None, days: int) -> None:
    """Print a one-time link that lets somebody in as a tutor or an admin (needs BOT_TOKEN)."""
    settings = read_settings()
    if settings.bot_token is None:
        raise BadInput("BOT_TOKEN is missing: the link names the bot, so write the token of `bot run` into .env")
    click.echo(asyncio.run(_invitation(settings, settings.bot_token, Role(role), timedelta(days=days), qr)))


async def _invitation(settings: Settings, token: SecretStr, role: Role, lasts: timedelta, qr: Path | None) -> str:
    """Make a one-time link, also while the bot is running; none is kept where its picture cannot be written."""
    bot = await username(token, str(settings.bot_api_url))
    store = Store(settings.database_url)
    await store.open(beside=True)
    try:
        async with store.transaction() as tx:
            link = memberships.link(bot, await members.invite(tx, role, None, SystemClock().now(), lasts))
            if qr is not None:
                _draw(qr, link)
    finally:
        await store.close()
    return link


def _draw(file: Path, link: str) -> None:
    try:
        file.write_bytes(memberships.picture(link))
    except OSError as error:
        raise BadInput(f"{file} cannot be written: {error.strerror}") from None


@commands.command("try")
@click.option("--port", default=8080, show_default=True, type=click.IntRange(0, 65535), help="Port of the chat page.")
@click.option("--db", type=click.Path(dir_okay=False, path_type=Path), help="Keep the rows in this file.")
def try_it(port: int, db: Path | None) -> None:
    """Try the bot without a token: a local Telegram with a chat page in your browser."""
    run_playground(port, db)


@commands.command()
@click.argument("text", required=False)
@click.option("--lang", type=click.Choice(LANGS), help="Answer in this language (otherwise the question's).")
@click.option("--previous", metavar="LABEL", help="Label of the answer read before, for a follow-up.")
@click.option("--explain", is_flag=True, help="Say how it came to that: words, corrections, scores.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--batch", type=click.Path(path_type=Path), help='Answer lines of {"id","text","lang"?,"previous"?}.')
@click.option("--out", type=click.Path(path_type=Path), help="Write the answers of a batch here.")
def ask(
    text: str | None,
    lang: Lang | None,
    previous: str | None,
    explain: bool,
    as_json: bool,
    batch: Path | None,
    out: Path | None,
) -> None:
    """Say what the bot would answer to TEXT."""
    if explain and batch is not None:
        raise BadInput("--explain goes with one question")
    if (text is None) == (batch is None):
        raise BadInput("ask needs either a question or --batch FILE")
    if out is not None and batch is None:
        raise BadInput("--out goes with --batch")
    shelf = _shelf()
    answering = _Answering(shelf)
    if batch is not None:
        _each_line(batch, out, answering.line)
        return
    match = answering.match(text or "", lang, previous)
    found = answering.answer(match, with_text=True)
    why = answering.why(text or "", previous) if explain else None
    if as_json:
        click.echo(_json(found | ({"explanation": why and asdict(why)} if explain else {})))
        return
    click.echo(found["text"])
    if explain:
        click.echo(f"\n{why or 'nothing is asked in it'}")


class _Answering:
    """The FAQ as the terminal asks it."""

    def __init__(self, shelf: Shelf) -> None:
        now = SystemClock().now()
        self._knowledge = shelf.knowledge.on(day_in(read_settings().desk_timezone, now), (), now)
        self._matcher = matcher(replace(shelf, knowledge=self._knowledge), read_settings().cache_dir)
        self._labels = {label for label, _ in self._knowledge.answers()}

    def match(self, text: str, lang: str | None, previous: str | None) -> Match:
        """Match one question.

        Raises:
            BadInput: ``previous`` is no label, or ``lang`` no language.
        """
        if previous is not None and previous not in self._labels:
            raise BadInput(f"there is no answer labelled {previous!r}")
        if lang is not None and lang not in LANGS:
            raise BadInput(f"there is no language {lang!r}: en or it")
        return self._matcher.match(text[:LONGEST_TEXT], previous=previous, lang=lang)

    def why(self, text: str, previous: str | None) -> Explanation | None:
        """How a question came to its match; None where nothing is asked."""
        return self._matcher.explain(text[:LONGEST_TEXT], previous=previous)

    def answer(self, match: Match, *, with_text: bool) -> dict[str, Any]:
        """A match in the shape of the contract."""
        found: dict[str, Any] = {
            "decision": match.decision,
            "answer": match.answer,
            "candidates": [{"id": each.id, "score": round(each.score, 4)} for each in match.candidates],
            "lang": match.lang,
        }
        return found | {"text": _read(self._knowledge, match)} if with_text else found

    def line(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        """One line of a batch."""
        text = raw.get("text")
        if not isinstance(text, str):
            raise BadInput("text is missing, or is no text")
        return self.answer(self.match(text, _optional(raw, "lang"), _optional(raw, "previous")), with_text=False)


def _optional(raw: Mapping[str, Any], key: str) -> str | None:
    value = raw.get(key)
    if value is not None and not isinstance(value, str):
        raise BadInput(f"{key} is no text")
    return value or None


def _read(knowledge: Knowledge, match: Match) -> str:
    """What the student would read."""
    lang = lang_of(match.lang)
    if match.decision is Decision.ANSWER and match.answer:
        return plain(replies.answer(knowledge, match.answer, lang).text)
    if match.decision is Decision.NONE:
        return plain(replies.not_understood(knowledge, lang).text)
    labels = [candidate.id for candidate in match.candidates[:3]]
    message = replies.suggestions(knowledge, labels, lang)
    return "\n".join([plain(message.text), *(f"  [{row[0].text}]" for row in message.buttons)])


@commands.command()
@click.option("--year", metavar="1..6|graduated", help="The year of the degree you are in.")
@click.option("--months-since-graduation", metavar="N", help="For graduates.")
@click.option("--goal", metavar="|".join(Goal), help="What you want to do abroad.")
@click.option("--destination", metavar="|".join(Destination), help="Where you want to go.")
@click.option("--start", metavar="DATE", help="First day abroad, YYYY-MM-DD.")
@click.option("--end", metavar="DATE", help="Last day abroad, YYYY-MM-DD.")
@click.option("--today", metavar="DATE", help="Judge as of this day (otherwise today in Milan).")
@click.option("--lang", type=click.Choice(LANGS), default="en", show_default=True, help="Language of the reasons.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--batch", type=click.Path(path_type=Path), help="Judge lines with the same names as keys.")
@click.option("--out", type=click.Path(path_type=Path), help="Write the verdicts of a batch here.")
def plan(lang: Lang, as_json: bool, batch: Path | None, out: Path | None, **given: str | None) -> None:
    """Say which of the seven programmes fit a plan, and why the others do not."""
    knowledge, today = _shelf().knowledge, day_in(read_settings().desk_timezone, SystemClock().now())

    def judged(raw: Mapping[str, Any]) -> dict[str, Any]:
        return _verdicts(knowledge, raw, today, lang)

    if batch is not None:
        if any(given.values()):
            raise BadInput("a batch names everything in its lines: leave out the other options")
        _each_line(batch, out, judged)
        return
    if out is not None:
        raise BadInput("--out goes with --batch")
    found = judged(given)
    click.echo(json.dumps(found, ensure_ascii=False) if as_json else _table(knowledge, found, lang))


def _verdicts(knowledge: Knowledge, raw: Mapping[str, Any], today: date, lang: Lang) -> dict[str, Any]:
    read = read_plan(raw, today)
    if isinstance(read, Fault):
        raise BadInput(knowledge.words.plain(lang, read.key, **read.params))
    judged = judge(knowledge.rules, knowledge.calls, *read)
    return {"verdicts": {programme: _verdict(knowledge, each, lang) for programme, each in judged.items()}}


def _verdict(knowledge: Knowledge, judgement: Judgement, lang: Lang) -> dict[str, Any]:
    return {
        "verdict": judgement.verdict,
        "fits": judgement.fits,
        "reasons": [
            {
                "rule": reason.rule,
                "text": plain(replies.reason_text(knowledge, reason, lang)),
                "source": knowledge.address(reason.fact),
            }
            for reason in judgement.reasons
        ],
        "dates": [{"what": deadline.what, "on": deadline.on.isoformat()} for deadline in judgement.dates],
    }


def _table(knowledge: Knowledge, found: Mapping[str, Any], lang: Lang) -> str:
    lines = []
    for programme, verdict in found["verdicts"].items():
        name = knowledge.programmes[Programme(programme)].names[lang].title
        lines.append(f"{name}: {verdict['verdict']} (fits: {verdict['fits']})")
        lines += [f"  - {reason['text']}" for reason in verdict["reasons"]]
        lines += [f"  {deadline['what']}: {deadline['on']}" for deadline in verdict["dates"]]
    return "\n".join(lines)


@commands.command("check")
def check_knowledge() -> None:
    """Look for faults in knowledge/ and list the links nobody has opened yet.

    Phrases that pull two answers together are listed too; they are no faults.
    """
    folder = read_settings().knowledge_dir
    try:
        shelf = load(folder)
    except KnowledgeError as error:
        for fault in error.faults:
            click.echo(str(fault))
        raise BadInput(f"{len(error.faults)} faults in {folder.name}/") from None
    faults = list(check.faults(shelf))
    for fault in faults:
        click.echo(str(fault))
    unclear = check.unclear(shelf)
    for notice in (*check.unopened(shelf), *unclear):
        click.echo(str(notice))
    if faults:
        raise BadInput(f"{len(faults)} faults in {folder.name}/")
    click.echo(f"{check.summary(shelf)}, {len(unclear)} phrases or answers that may be unclear")


@commands.command("eval")
@click.option(
    "--test",
    required=True,
    type=click.Path(path_type=Path),
    help='Lines of {"text","label"}; label null = out of scope.',
)
@click.option("--train", type=click.Path(path_type=Path), help="Lines that replace the shipped phrases.")
@click.option(
    "--part",
    "which",
    default=ALL,
    show_default=True,
    type=click.Choice([*(each.value for each in Part), ALL]),
    help="Only this half of the questions; their text decides, once and for ever, which half they are in.",
)
@click.option(
    "--typos",
    metavar="SHARE",
    type=click.FloatRange(0, 1),
    help="Ask again with a slip in this share of the words (0 to 1).",
)
@click.option("--misses/--no-misses", default=None, help="List what was missed (default: but for --part test).")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def evaluate_matcher(
    test: Path,
    train: Path | None,
    which: str,
    typos: float | None,
    misses: bool | None,
    as_json: bool,
) -> None:
    """Score the matcher on labelled questions.

    Phrases are to be improved by what the development part shows, never by the test part.
    """
    questions = [each for each in _labelled(test) if which in {ALL, part(each.text)}]
    known, phrases = _taught(train) if train else _shipped()
    findings = report.found(known, questions, phrases, typos)
    listed = which != Part.TEST if misses is None else misses
    click.echo(
        _json(report.as_json(findings, misses=listed))
        if as_json
        else _printable(report.printed(findings, misses=listed))
    )


def _labelled(path: Path) -> list[Question]:
    try:
        return labelled.read(_content(path))
    except labelled.NotLabelled as error:
        raise BadInput(f"{path}:{error}") from None


def _taught(path: Path) -> tuple[Matcher, list[str]]:
    """A matcher over labelled questions, and what it learned from."""
    entries = labelled.entries(_labelled(path))
    if not entries:
        raise BadInput(f"{path}: there is no labelled line in it")
    return Matcher(entries), _texts(entry.phrases for entry in entries)


def _shipped() -> tuple[Matcher, list[str]]:
    """The matcher over the knowledge, and what it learned from."""
    shelf = _shelf()
    known = [entry.phrases for entry in entries(shelf.knowledge)]
    return matcher(shelf, read_settings().cache_dir), _texts([*known, shelf.vocabulary.foreign])


def _texts(phrases: Iterable[Mapping[str, Sequence[str]]]) -> list[str]:
    return [text for by_lang in phrases for texts in by_lang.values() for text in texts]


# Files of lines


def _shelf() -> Shelf:
    return load(read_settings().knowledge_dir)


def _lines(path: Path) -> list[str]:
    return [line for line in _content(path).split("\n") if line.strip()]


def _content(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise BadInput(f"{path} is not UTF-8 text") from None


def _each_line(path: Path, out: Path | None, answer: Callable[[Mapping[str, Any]], dict[str, Any]]) -> None:
    """Answer every line; a line that cannot be used gets an ``error`` of its own and the others go on."""
    _write(out, (_json(_one_line(line, answer)) for line in _lines(path)))


def _json(value: Mapping[str, Any]) -> str:
    """JSON as people read it; an id with half a character in it keeps its escape, as nothing else can carry it."""
    written = json.dumps(value, ensure_ascii=False)
    return written if written.isascii() or written.encode("utf-8", "ignore").decode() == written else json.dumps(value)


def _printable(text: str) -> str:
    """A text without the halves of characters that no terminal can show."""
    return text.encode("utf-8", "backslashreplace").decode()


def _one_line(line: str, answer: Callable[[Mapping[str, Any]], dict[str, Any]]) -> dict[str, Any]:
    raw = labelled.as_object(line)
    if raw is None:
        return {"error": "the line is no JSON object"}
    named = {"id": raw["id"]} if "id" in raw else {}
    try:
        return named | answer(raw)
    except BadInput as error:
        return named | {"error": str(error)}


def _write(out: Path | None, lines: Iterable[str]) -> None:
    if out is None:
        for line in lines:
            click.echo(line)
        return
    try:
        with out.open("w", encoding="utf-8") as file:
            file.writelines(f"{line}\n" for line in lines)
    except OSError as error:
        raise BadInput(f"{out} cannot be written: {error.strerror}") from None
