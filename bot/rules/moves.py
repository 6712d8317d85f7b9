"""What the bot does in each row of the dialogue's table; every function here deals with one turn."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from bot.faq.matcher import Decision, Match
from bot.rules import escalation, flow, names, replies, season, wishlist
from bot.rules.answers import GENERAL
from bot.rules.deadlines import personal
from bot.rules.links import label_of
from bot.rules.messages import LANGS, LONGEST_TEXT, Lang, Message, Rows, lang_of
from bot.rules.plan import Fault, check_dates
from bot.rules.profile import Profile, Question
from bot.rules.programmes import Programme, Topic
from bot.rules.tickets import Origin
from bot.rules.turn import ASKING, Do, Step, Trigger, Turn, Wondered

CONTEXT_LASTS = timedelta(minutes=30)
"""How long an answer is remembered for a follow-up such as "and the papers?"."""
LONGEST_QUESTION = LONGEST_TEXT
"""How much of a question is kept for the desk, in characters: all that a message takes."""
MOST_SUGGESTIONS = 3
FAILED = 2
"""After so many questions in a row that the bot cannot answer, a person is offered outright."""
HUMAN, SUBSCRIBE = f"{GENERAL}.human", f"{GENERAL}.subscribe"
STANDING_ON_TOP = {Topic.OVERVIEW, Topic.WHEN_TO_APPLY}
"""The topics above which stands where an announced call of the programme is."""


# Commands


def start(turn: Turn) -> None:
    """Greet, or open what a link points to: a programme, one of its topics, or the plan."""
    turn.to(step=Step.IDLE, start=None)
    payload = turn.event.text.strip().lower()
    label = label_of(payload)
    if payload == "plan":
        plan(turn)
    elif turn.knowledge.answer(label):
        _show(turn, label, turn.lang)
    else:
        turn.send(replies.welcome(turn.knowledge, turn.event.name, turn.lang))


def plan(turn: Turn) -> None:
    """Ask what is not known yet, or show the result of what is."""
    turn.to(start=None)
    if turn.state.profile.missing(turn.facts.today) is Question.YEAR:
        turn.say("plan.intro")
    _proceed(turn)


def programmes(turn: Turn) -> None:
    """List the seven ways abroad."""
    turn.send(replies.programmes(turn.knowledge, turn.lang))
    resume(turn)


def calls(turn: Turn) -> None:
    """List what is open, what is announced, and when the other calls are usually open."""
    turn.send(season.page(turn.voice, turn.facts.calls, turn.facts.now, turn.lang))
    turn.tell_of_calls(Programme)
    resume(turn)


def help_page(turn: Turn) -> None:
    """Say what the bot can do."""
    turn.send(replies.help_page(turn.knowledge, turn.lang))
    resume(turn)


def language(turn: Turn) -> None:
    """Offer the languages, or take the one that was named."""
    named = turn.event.text.strip().lower()[:2]
    if turn.event.tap is None and named in LANGS:
        _speak(turn, lang_of(named))
        resume(turn)
    else:
        turn.send(replies.languages(turn.knowledge, turn.lang))


def mydata(turn: Turn) -> None:
    """Show everything held."""
    turn.do(Do.SHOW_DATA)


def forget(turn: Turn) -> None:
    """Show what would be deleted, and ask."""
    turn.to(step=Step.FORGET, start=None)
    turn.do(Do.SHOW_WHAT_GOES)


def cancel(turn: Turn) -> None:
    """Stop whatever is being asked; what was told so far is kept, what was not sent to a person is dropped."""
    if escalation.fresh(turn) and turn.state.step not in ASKING:
        turn.send(escalation.dropped(turn))
    else:
        turn.say("cancel.done" if turn.state.step is not Step.IDLE else "cancel.nothing")
    turn.to(step=Step.IDLE, start=None, request=None, adding=None)


def unknown_command(turn: Turn) -> None:
    """Name the commands there are."""
    turn.say("command-unknown")
    help_page(turn)


def other(turn: Turn) -> None:
    """A sticker, a place …: say what can be read, and what reaches a person."""
    turn.say("other-kind-for-person" if turn.state.step in {Step.PERSON, Step.ADD} else "other-kind")
    resume(turn)


def file(turn: Turn) -> None:
    """A photo, a document, a voice message: for a ticket, where it belongs to one; else it is offered to a person."""
    if not escalation.add_what_replies(turn):
        escalation.offer_file(turn)


# Questions


def question(turn: Turn) -> None:
    """Answer a free question, suggest, or say that the bot does not know; the second time in a row offer a person."""
    turn.to(step=Step.IDLE)
    if not escalation.add_what_replies(turn):
        _answer(turn, turn.event.text)


def ask_again(turn: Turn) -> None:
    """Take the last text, which went to a ticket, as a question for the bot."""
    _answer(turn, turn.state.question or "")
    resume(turn)


def _answer(turn: Turn, text: str) -> None:
    match, lang = _match(turn, text)
    _reply(turn, match, lang)
    if match.decision is Decision.NONE:
        turn.to(failures=turn.state.failures + 1)
        if turn.state.failures >= FAILED:
            turn.send(Message(turn.knowledge.words.say(lang, "person.failed")))
            escalation.begin(turn, escalation.last_question(turn), Origin.FAILED, lang)
        else:
            turn.send(replies.not_understood(turn.knowledge, lang))
    elif match.decision is Decision.ANSWER:
        turn.to(failures=0)


def typed_answer(turn: Turn) -> None:
    """Take a text as the answer to the open question; failing that answer it as a question, and ask again."""
    if turn.event.about is not None and escalation.add_what_replies(turn):
        return
    today, text, profile = turn.facts.today, turn.event.text, turn.state.profile
    if turn.state.step is Step.UNTIL and turn.state.start:
        read = flow.typed_end(profile, turn.state.start, text, today)
    else:
        read = flow.typed(profile, ASKING[turn.state.step], text, today)
    if isinstance(read, Profile):
        _take(turn, read)
    elif isinstance(read, Fault):
        turn.say(read.key, **{name: _date_or(value) for name, value in read.params.items()})
        resume(turn)
    elif not escalation.add_what_replies(turn):
        _question_in_between(turn)


def _date_or(value: str) -> date | str:
    try:
        return date.fromisoformat(value)
    except ValueError:
        return value


def _question_in_between(turn: Turn) -> None:
    match, lang = _match(turn, turn.event.text)
    _reply(turn, match, lang)
    if match.decision is Decision.NONE:
        turn.say("ask.not-an-answer")
    resume(turn)


def _match(turn: Turn, text: str) -> tuple[Match, Lang]:
    """What the FAQ makes of a text, and the language to answer it in."""
    match = turn.facts.match(text, turn.state.previous if _fresh(turn) else None, turn.lang)
    lang = _follow_language(turn, match)
    written = turn.state.question_id if turn.event.tap else turn.event.written
    turn.to(question=text[:LONGEST_QUESTION], question_id=written, offered=())
    turn.do(Wondered(text[:LONGEST_QUESTION], match))
    return match, lang


def _fresh(turn: Turn) -> bool:
    """Whether the answer read last is still being talked about."""
    at = turn.state.previous_at
    return at is not None and turn.facts.now - at <= CONTEXT_LASTS


def _reply(turn: Turn, match: Match, lang: Lang) -> None:
    labels = tuple(candidate.id for candidate in match.candidates[:MOST_SUGGESTIONS])
    if match.decision is Decision.SUGGEST:
        turn.to(offered=labels)
        turn.send(replies.suggestions(turn.knowledge, labels, lang))
    elif match.answer == HUMAN:
        turn.to(question=None, question_id=None)  # it is no question to be sent to a person
        escalation.begin(turn, None, Origin.ASKED, lang)
    elif match.answer:
        turn.to(offered=(match.answer,))
        _show(turn, match.answer, lang, on_request=False)


def _follow_language(turn: Turn, match: Match) -> Lang:
    """The language to answer a text in; from the second question in a row in the other one, also the student's own.

    Alerts, reminders and what the desk writes to the readers of a language follow the student's language for months,
    so a "ciao" or a single question must not change it: it takes two, understood at least as far as a suggestion. What
    is small talk or not understood at all neither counts nor breaks the row, as its language is often a guess; a
    question in the student's own language breaks it. Whoever chose a language is always answered in it.
    """
    profile, spoken = turn.state.profile, turn.state.asked_in
    said = lang_of(match.lang)
    if profile.language_chosen:
        return profile.language
    if match.decision is Decision.NONE or match.answer in replies.SMALL_TALK:
        return said
    if said == spoken:
        turn.to(profile=replace(profile, language=said))
    turn.to(asked_in=None if turn.lang == said else said)
    return said


def _talk(turn: Turn) -> Lang:
    """The language of what is tapped under an answer or a suggestion: that of the question, while it is talked about.

    Buttons that open an answer stand under alerts too, so long after the question they go by the student's language.
    """
    own = turn.event.trigger is not Trigger.OPEN or _fresh(turn)
    return turn.state.asked_in or turn.lang if own else turn.lang


def _show(turn: Turn, label: str, lang: Lang, *, on_request: bool = True) -> None:
    before = turn.state.previous or ""
    turn.to(previous=label, previous_at=turn.facts.now)
    programme, _, topic = label.partition(".")
    top = ""
    offers: Rows = ()
    if programme in set(Programme):
        opened = season.running(turn.facts.calls, turn.facts.now, programme)
        offers = ((wishlist.follow_button(turn.voice, turn.wishes, programme, lang, opened=opened),),)
        top = _standing(turn, Programme(programme), lang) if topic in STANDING_ON_TOP else ""
    elif label == SUBSCRIBE:
        top, offers = _on_alerts(turn, before.partition(".")[0], lang)
    turn.send(replies.answer(turn.knowledge, label, lang, on_request=on_request, top=top, offers=offers))


def _on_alerts(turn: Turn, read_before: str, lang: Lang) -> tuple[str, Rows]:
    """What stands above and below the answer on alerts: the ways to stop where that was asked, else those to begin."""
    asked = turn.state.question or ""
    if names.asks_to_stop(asked):
        return wishlist.what_is_on(turn.voice, turn.wishes, lang), wishlist.ways_to_stop(turn.voice, turn.wishes, lang)
    about = names.mentioned(turn.knowledge, asked) or read_before
    return "", wishlist.offers(turn.voice, turn.wishes, about, lang)


def _standing(turn: Turn, programme: Programme, lang: Lang) -> str:
    """Where the living calls of a programme stand: what the desk announced beats what the page says of usual months."""
    announced = season.standing(turn.voice, turn.facts.calls, turn.facts.now, lang).get(programme, "")
    if announced:
        turn.tell_of_calls([programme])
    return announced


def open_answer(turn: Turn) -> None:
    """Show the answer a button names."""
    label = turn.event.tap.args[0] if turn.event.tap and turn.event.tap.args else ""
    if turn.knowledge.answer(label) is None:
        old_button(turn)
        return
    if label == HUMAN:
        escalation.human(turn)
        return
    _show(turn, label, _talk(turn))
    resume(turn)


def reject(turn: Turn) -> None:
    """Not what was meant: suggest what else it may be, once; then offer a person."""
    asked, offered, lang = turn.state.question, turn.state.offered, _talk(turn)
    others: tuple[str, ...] = ()
    if asked and len(offered) == 1:
        candidates = turn.facts.match(asked, None, turn.lang).candidates
        others = tuple(each.id for each in candidates if each.id not in offered)[:MOST_SUGGESTIONS]
    turn.to(offered=offered + others, previous=None)
    if others:
        turn.send(replies.suggestions(turn.knowledge, others, lang, again=True))
    else:
        escalation.begin(turn, escalation.last_question(turn), Origin.REJECTED, lang)
    turn.do(Do.REJECTED)
    resume(turn)


# The guided flow


def _proceed(turn: Turn) -> None:
    missing = turn.state.profile.missing(turn.facts.today)
    if missing:
        _ask(turn, missing)
    else:
        turn.to(step=Step.IDLE, start=None)
        _result(turn)


def _result(turn: Turn) -> None:
    """The plan judged, with what the desk announced, the days it leads to, and what the student can be told of."""
    profile, today, lang, voice = turn.state.profile, turn.facts.today, turn.lang, turn.voice
    days = personal(turn.knowledge, profile, today)
    fitting = replies.fitting(turn.knowledge, profile, today)
    standing = season.standing(voice, turn.facts.calls, turn.facts.now, lang)
    result = replies.result(
        turn.knowledge, profile, today, lang,
        standing=standing,
        days=wishlist.plan_days(voice, days, lang, on=turn.wishes.deadlines),
        offers=wishlist.plan_offers(voice, turn.wishes, fitting, days, lang),
    )  # fmt: skip
    turn.send(result)
    turn.tell_of_calls(standing)


def _ask(turn: Turn, question: Question) -> None:
    prompt = turn.state.prompt + 1
    turn.to(step=Step(question), prompt=prompt, start=None)
    turn.send(flow.ask(turn.knowledge, question, prompt, turn.facts.today, turn.lang))


def resume(turn: Turn) -> None:
    """Ask the open question again, below what was said in between."""
    start = turn.state.start
    if turn.state.step is Step.UNTIL and start:
        turn.to(prompt=turn.state.prompt + 1)
        turn.send(flow.ask_end(turn.knowledge, start, turn.state.prompt, turn.lang))
    elif turn.state.step in ASKING:
        _ask(turn, ASKING[turn.state.step])


def _take(turn: Turn, profile: Profile) -> None:
    turn.to(profile=profile, start=None)
    _proceed(turn)


def tapped_answer(turn: Turn) -> None:
    """Take a tapped answer, show the choice in place of the buttons, and go on."""
    question = ASKING[turn.state.step]
    value = turn.event.tap.args[2] if turn.event.tap and len(turn.event.tap.args) > 2 else ""  # noqa: PLR2004 - the third is the value
    profile = flow.tapped(turn.state.profile, question, value, turn.facts.today)
    if profile is None:
        old_button(turn)
        return
    if turn.state.step is Step.UNTIL:
        profile = profile.with_dates(turn.state.start, None)
    _settle(turn, question, profile)
    _take(turn, profile)


def _settle(turn: Turn, question: Question, profile: Profile) -> None:
    asked = turn.knowledge.words.say(turn.lang, f"asked.{question}")
    told = replies.told(turn.knowledge, question, profile, turn.lang)
    turn.edit(Message(f"{asked} <b>{told}</b>"))


def turn_calendar(turn: Turn) -> None:
    """Show a month of the calendar in place of the question."""
    month = _date_or(f"{turn.event.tap.args[1]}-01") if turn.event.tap and len(turn.event.tap.args) > 1 else ""
    if not isinstance(month, date):
        old_button(turn)
        return
    _show_calendar(turn, month)


def _show_calendar(turn: Turn, month: date) -> None:
    words, start = turn.knowledge.words, turn.state.start
    text = words.say(turn.lang, "ask.end", start=start) if start else words.say(turn.lang, "calendar.start")
    first = start or turn.facts.today
    page = flow.month_page(turn.knowledge, month, first, turn.state.prompt, turn.lang, last_day=start is not None)
    turn.edit(Message(text, page))


def pick_day(turn: Turn) -> None:
    """Take a day of the calendar: first the first, then the last."""
    picked = _date_or(turn.event.tap.args[1]) if turn.event.tap and len(turn.event.tap.args) > 1 else ""
    start = turn.state.start
    if not isinstance(picked, date) or picked < (start or turn.facts.today) or check_dates(start, picked):
        old_button(turn)
    elif start is None:
        turn.to(step=Step.UNTIL, start=picked, prompt=turn.state.prompt + 1)
        _show_calendar(turn, picked)
    else:
        profile = turn.state.profile.with_dates(start, picked)
        _settle(turn, Question.DATES, profile)
        _take(turn, profile)


def change(turn: Turn) -> None:
    """Ask one question of the plan again; the other answers stay. A plan that is not complete is completed first."""
    asked = turn.event.tap.args[0] if turn.event.tap and turn.event.tap.args else ""
    if asked in set(Question) and turn.state.profile.missing(turn.facts.today):
        _proceed(turn)
    elif asked in set(Question):
        _ask(turn, Question(asked))
    else:
        old_button(turn)


# Settings and old buttons


def speak(turn: Turn) -> None:
    """Take the language that was tapped."""
    chosen = turn.event.tap.args[0] if turn.event.tap and turn.event.tap.args else ""
    _speak(turn, lang_of(chosen))
    resume(turn)


def _speak(turn: Turn, lang: Lang) -> None:
    profile = turn.state.profile
    turn.to(profile=profile.speaking(lang), asked_in=None)
    turn.do(Do.SET_MENU)
    turn.say("language.set")


def confirm(turn: Turn) -> None:
    """Delete everything, or keep it, as was tapped."""
    turn.to(step=Step.IDLE)
    if turn.event.tap and turn.event.tap.args == ("yes",):
        turn.edit(Message(turn.knowledge.words.say(turn.lang, "forget.asked")))
        turn.do(Do.FORGET)
    else:
        turn.edit(Message(turn.knowledge.words.say(turn.lang, "forget.kept")))


def nothing(turn: Turn) -> None:
    """A button with nothing behind it."""


def stale(turn: Turn) -> None:
    """A question that has been answered, or closed, since its button was drawn."""
    turn.toast("toast.stale")


def old_button(turn: Turn) -> None:
    """A button the bot no longer understands: say so, and offer the ways on."""
    turn.toast("toast.old")
    turn.send(Message(turn.knowledge.words.say(turn.lang, "button-old"), replies.ways_on(turn.knowledge, turn.lang)))
