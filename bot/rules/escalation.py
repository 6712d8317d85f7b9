"""How a student reaches a person: what is about to be sent, sending it, adding to a ticket, taking it back.

Nothing leaves before the student has seen it. What is being put together lives in the state (:class:`Request`), so a
restart in the middle loses none of it.
"""

from __future__ import annotations

import html
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta

from bot.rules import buttons, moves, replies
from bot.rules.buttons import Act, data
from bot.rules.messages import LONGEST_COPY, Button, Html, Lang, Message, Rows, length, shortened
from bot.rules.profile import Question
from bot.rules.tickets import MOST_OPEN, Origin
from bot.rules.tickets import State as TicketState
from bot.rules.turn import (
    AddToTicket,
    Event,
    Helped,
    Mine,
    OpenTicket,
    Part,
    Request,
    State,
    Step,
    Trigger,
    Turn,
    WithdrawTicket,
)

REQUEST_LASTS = timedelta(hours=1)
"""After this long without a word, what is written next is a question for the bot again."""
MOST_PARTS = 20
"""Texts and files of one request."""
LONGEST_LIST = 3000
"""How much of a request is shown, in UTF-16 units: with what stands around it, it is one message."""


def human(turn: Turn) -> None:
    """Put a question for a person together: from what follows the command, else from the last question."""
    text = turn.event.text.strip()
    request = fresh(turn)
    if turn.state.step is Step.PERSON and request and request.parts:  # what they have put together is not lost
        _put(turn, request) if text else turn.send(preview(turn, turn.lang))
    elif text:
        begin(turn, Part(text[: moves.LONGEST_QUESTION], message_id=turn.event.written), Origin.ASKED)
    else:
        begin(turn, last_question(turn), Origin.NONE if turn.state.failures else Origin.ASKED)
    turn.to(step=Step.PERSON, start=None)


def last_question(turn: Turn) -> Part | None:
    """What they asked the bot last, to be sent to a person."""
    asked = turn.state.question
    return Part(asked, message_id=turn.state.question_id) if asked else None


def fresh(turn: Turn) -> Request | None:
    """The request that is being put together; None: there is none, or only one of long ago."""
    request = turn.state.request
    old = request is None or (request.at is not None and turn.facts.now - request.at > REQUEST_LASTS)
    return None if old else request


def begin(turn: Turn, part: Part | None, origin: Origin, lang: Lang | None = None) -> None:
    """Show what would be sent to a person; where there is nothing yet, ask for it, and take what they write next."""
    parts = (part,) if part else ()
    turn.to(request=Request(parts, origin=origin, at=turn.facts.now), failures=0)
    if not parts:
        turn.to(step=Step.PERSON, start=None)
    turn.send(preview(turn, lang or turn.lang))


def preview(turn: Turn, lang: Lang) -> Message:
    """What would be sent, with what may be done about it."""
    words, request = turn.knowledge.words, turn.state.request or Request()
    seal = sealed(request)
    open_ones = [each for each in turn.facts.mine if each.state is not TicketState.CLOSED]
    if not request.parts:
        standing = tuple((_to_mine(turn, each, lang, "add"),) for each in open_ones)
        return Message(words.say(lang, "person.write", desk=replies.DESK), (*standing, *_apart(turn, lang)))
    told = _plan(turn, lang)
    lines = [
        words.say(lang, "person.preview", text=listed(turn, request.parts, lang)),
        words.say(lang, "person.with-plan", plan=told) if told else "",
        words.say(lang, "person.named", name=turn.event.name) if request.named else words.say(lang, "person.nameless"),
    ]
    named = "button.person-no-name" if request.named else "button.person-name"

    def button(key: str, verb: str) -> Button:
        return Button(words.plain(lang, key), data(Act.PERSON, verb, seal))

    rows: Rows = (
        (button("button.person-send", "send"),),
        (button("button.person-more", "more"), button(named, "name")),
        *((_to_mine(turn, each, lang, "put", seal),) for each in open_ones),
        *_apart(turn, lang),
    )
    return Message("\n\n".join(line for line in lines if line), rows)


def _plan(turn: Turn, lang: Lang) -> Html:
    """What they told of their plan: it goes along."""
    profile = turn.state.profile
    asked = [each for each in Question if each in profile.answered and each is not Question.DEGREE]
    return Html(" · ".join(replies.told(turn.knowledge, each, profile, lang) for each in asked))


def sealed(request: Request) -> str:
    """A mark of what a preview shows, by which a button of one that is out of date is known.

    The rest of an album is no part of it: it arrives below the preview that its first brought about.
    """
    seen: set[str] = set()
    shown = []
    for part in request.parts:
        if part.album is None or part.album not in seen:
            shown.append((part.kind, part.text, part.album))
        seen |= {part.album} if part.album else set()
    return f"{zlib.crc32(repr((request.named, shown)).encode('utf-8', 'replace')):08x}"


def listed(turn: Turn, parts: Sequence[Part], lang: Lang) -> Html:
    """Texts and files of a request, one after another, an album on one line; word for word as far as they fit."""
    lines = list(_lines(turn, parts, lang))
    if length(html.escape("\n".join(lines), quote=False)) > LONGEST_LIST:
        lines = [shortened(line, LONGEST_LIST // len(lines) - 1) for line in lines]
    return Html("\n".join(html.escape(line, quote=False) for line in lines))


def _lines(turn: Turn, parts: Sequence[Part], lang: Lang) -> Iterator[str]:
    """What is written, a line for each text, file or album."""
    albums: dict[str, list[str]] = {}
    for part in parts:
        if part.album:
            albums.setdefault(part.album, []).extend([part.text] if part.text else [])
    for part in parts:
        texts = albums.pop(part.album, None) if part.album else [part.text] if part.text else []
        if texts is not None:
            key = "file.album" if part.album else kind_key(part.kind)
            kind = "" if part.kind == "text" else f"📎 {turn.knowledge.words.plain(lang, key)}"
            yield ": ".join(each for each in (kind, " · ".join(texts)) if each)


KINDS = {
    "photo": "file.photo",
    "document": "file.document",
    "voice": "file.voice",
    "video": "file.video",
    "audio": "file.audio",
    "animation": "file.animation",
    "video_note": "file.video-note",
}
"""What a file is called, by Telegram's word for it: what can be handed on to another person."""


def kind_key(kind: str) -> str:
    """The sentence that names a kind of file."""
    return KINDS.get(kind, "file.document")


def _apart(turn: Turn, lang: Lang) -> Rows:
    """The ways out: write to the desk oneself, begin anew, or leave it."""
    words, request = turn.knowledge.words, turn.state.request or Request()
    seal = sealed(request)
    address = Button(words.plain(lang, "button.copy-address"), copy=replies.DESK)
    cancel = Button(words.plain(lang, "button.person-cancel"), data(Act.PERSON, "cancel", seal))
    if not request.parts:
        return ((address,), (cancel,))
    draft = "\n".join(part.text for part in request.parts if part.text)
    text = (Button(words.plain(lang, "button.copy-text"), copy=draft[:LONGEST_COPY]),) if draft else ()
    anew = Button(words.plain(lang, "button.person-anew"), data(Act.PERSON, "anew", seal))
    return ((address, *text), (anew, cancel))


def _to_mine(turn: Turn, ticket: Mine, lang: Lang, *verb: str) -> Button:
    """The way to a ticket of theirs that is open already."""
    text = turn.knowledge.words.plain(lang, "button.mine-add", number=f"#{ticket.number}")
    return Button(text, data(Act.MINE, ticket.number, *verb))


# Putting it together


def written(turn: Turn) -> None:
    """A text or a file for the request; long after it was begun a text is a question for the bot."""
    request = fresh(turn)
    if turn.event.about is not None and add_what_replies(turn):
        return
    if request is None:
        turn.to(step=Step.IDLE, request=None)
        moves.question(turn) if turn.event.file is None else moves.file(turn)
        return
    _put(turn, request)


def _put(turn: Turn, request: Request) -> None:
    """Add what they sent, and show it all; the rest of an album goes with its first."""
    album = turn.event.album
    again = album is not None and (turn.state.album == album or any(part.album == album for part in request.parts))
    if len(request.parts) < MOST_PARTS:
        turn.to(request=replace(request, parts=(*request.parts, _sent(turn)), at=turn.facts.now))
        if not again:
            turn.send(preview(turn, turn.lang))
    elif not again or turn.state.album != album:
        turn.to(album=album)
        turn.say("person.too-much", most=MOST_PARTS)


def _sent(turn: Turn) -> Part:
    """What they sent just now, as a part of a request."""
    event = turn.event
    return Part(event.text[: moves.LONGEST_QUESTION].strip(), event.file or "text", event.written, event.album)


def offer_file(turn: Turn) -> None:
    """A file out of the blue: the bot cannot read it, but a person can."""
    request = fresh(turn)
    if request and request.parts:
        _put(turn, request)
        return
    turn.to(request=Request((_sent(turn),), at=turn.facts.now))
    turn.say("person.file")
    turn.send(preview(turn, turn.lang))
    moves.resume(turn)


def rewords(state: State, event: Event) -> bool:
    """Whether an event changes a message that is a part of what is not sent yet."""
    if not event.edited or event.written is None or state.request is None:
        return False
    return any(part.message_id == event.written for part in state.request.parts)


def reworded(turn: Turn) -> None:
    """They changed a message that is a part of the request: show what would be sent now."""
    request, sent = turn.state.request or Request(), _sent(turn)
    parts = tuple(sent if part.message_id == sent.message_id else part for part in request.parts)
    parts = tuple(part for part in parts if part.text or part.kind != "text")
    turn.to(request=replace(request, parts=parts, at=turn.facts.now))
    if not parts:
        turn.to(step=Step.PERSON, start=None)
    turn.send(preview(turn, turn.lang))


# The buttons below it


def pressed(turn: Turn) -> None:
    """A button of the preview."""
    deeds = {"send": _send, "more": _more, "anew": _anew, "name": _name, "cancel": _cancel}
    request, verb = turn.state.request, turn.args[0] if turn.args else ""
    if verb not in deeds:
        turn.toast("toast.old")
    elif request is None:
        turn.toast("toast.no-request")
    elif turn.args[1:] not in {(), (sealed(request),)}:
        _outdated(turn)
    else:
        deeds[verb](turn, request)


def _outdated(turn: Turn) -> None:
    """The preview above the button is not what would be sent: show that."""
    turn.toast("toast.request-changed")
    turn.send(preview(turn, turn.lang))


def _leave(turn: Turn) -> None:
    turn.to(step=Step.IDLE if turn.state.step is Step.PERSON else turn.state.step, request=None)


def _send(turn: Turn, request: Request) -> None:
    if not request.parts:
        _more(turn, request)
        return
    standing = [each.number for each in turn.facts.mine if each.state is not TicketState.CLOSED]
    if len(standing) >= MOST_OPEN:  # nothing is lost: the preview stays, and offers to add it to one of them
        turn.say("receipt.too-many", numbers=", ".join(f"#{number}" for number in standing))
        return
    _gone(turn, request)
    turn.do(OpenTicket(request))


def _gone(turn: Turn, request: Request) -> None:
    """What was asked is on its way to a person; the buttons give way to it."""
    _leave(turn)
    turn.to(question=None, question_id=None)
    text = listed(turn, request.parts, turn.lang)
    turn.show(Message(turn.knowledge.words.say(turn.lang, "person.sent-text", text=text)))


def _more(turn: Turn, request: Request) -> None:
    turn.to(step=Step.PERSON, start=None, request=replace(request, at=turn.facts.now))
    turn.say("person.write-more")


def _anew(turn: Turn, request: Request) -> None:
    turn.to(step=Step.PERSON, start=None, request=replace(request, parts=(), at=turn.facts.now))
    turn.show(preview(turn, turn.lang))


def _name(turn: Turn, request: Request) -> None:
    turn.to(request=replace(request, named=not request.named, at=turn.facts.now))
    turn.show(preview(turn, turn.lang))


def _cancel(turn: Turn, _: Request) -> None:
    _leave(turn)
    turn.show(dropped(turn))


def dropped(turn: Turn) -> Message:
    """What is said when nothing is sent to a person after all."""
    words = turn.knowledge.words
    return Message(words.say(turn.lang, "person.cancelled"), replies.ways_on(turn.knowledge, turn.lang))


# Tickets that are open already


def add(turn: Turn) -> None:
    """A text or a file for the ticket that was chosen, or replied to; long after a text is a question for the bot."""
    number, album, at = turn.event.about or turn.state.adding or 0, turn.event.album, turn.state.adding_at
    turn.to(step=Step.IDLE, adding=None, adding_at=None)
    if turn.event.about is None and at is not None and turn.facts.now - at > REQUEST_LASTS:
        moves.question(turn) if turn.event.file is None else moves.file(turn)
        return
    turn.to(album=f"{number}:{album}" if album else None)
    turn.do(AddToTicket(number))


def add_what_replies(turn: Turn) -> bool:
    """Add what replies to a message of a ticket, is the rest of an album, or what a ticket waits for; False: none.

    What a ticket waits for may have been meant for the bot: a text is remembered as a question.
    """
    album, number, waits = turn.event.album, turn.event.about, False
    if number is None and album and turn.state.album and turn.state.album.endswith(f":{album}"):
        number = int(turn.state.album.partition(":")[0])
    if number is None and turn.facts.waiting is not None:
        number, waits = turn.facts.waiting, turn.event.trigger is Trigger.TEXT
    if number is None:
        return False
    known = f"{number}:{album}" if album else None
    first = known is None or turn.state.album != known
    turn.to(album=known)
    if waits:
        turn.to(question=turn.event.text[: moves.LONGEST_QUESTION], question_id=turn.event.written)
    turn.do(AddToTicket(number, asked=waits, first=first))
    if first:
        moves.resume(turn)
    return True


def mine(turn: Turn) -> None:
    """A button under a message about one's own ticket, or one of a preview that leads to it."""
    first, verb = turn.args[:2] if len(turn.args) > 1 else ("", "")
    number = buttons.number(first)
    if not any(each.number == number for each in turn.facts.mine):
        turn.toast("toast.old")
    elif verb == "put":
        _put_on(turn, number)
    elif verb == "add":
        _adding(turn, number)
        turn.say("mine.write", number=f"#{number}")
    elif verb in {"withdraw", "helped", "no"}:
        _settle(turn, number, verb)
    elif verb == "ask" and turn.state.question:
        moves.ask_again(turn)
    else:
        turn.toast("toast.old")


def _put_on(turn: Turn, number: int) -> None:
    """What was put together goes to a ticket that is open already."""
    request = turn.state.request
    if request is None or not request.parts:
        turn.toast("toast.no-request")
    elif turn.args[2:] != (sealed(request),):
        _outdated(turn)
    else:
        _gone(turn, request)
        turn.do(AddToTicket(number, parts=request.parts))


def _adding(turn: Turn, number: int) -> None:
    """What they write next goes to a ticket."""
    turn.to(step=Step.ADD, adding=number, adding_at=turn.facts.now, start=None)


def _settle(turn: Turn, number: int, verb: str) -> None:
    """They take a ticket back, or say whether the answer helped; after a "not yet" they say what is missing."""
    if turn.state.step is Step.ADD and turn.state.adding == number:
        turn.to(step=Step.IDLE, adding=None, adding_at=None)
    if verb == "withdraw":
        turn.do(WithdrawTicket(number))
        return
    turn.do(Helped(number, yes=verb == "helped"))
    if verb == "no":
        _adding(turn, number)
