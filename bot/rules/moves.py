"""What the bot does in each row of the dialogue's table; every function here deals with one turn."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from bot.faq.matcher import Decision, Match
from bot.rules import flow, replies, season, wishlist
from bot.rules.answers import GENERAL
from bot.rules.deadlines import personal
from bot.rules.messages import LANGS, Lang, Message, Rows
from bot.rules.plan import Fault, check_dates
from bot.rules.profile import Profile, Question
from bot.rules.programmes import Programme, Topic
from bot.rules.turn import ASKING, Do, Step, Turn

CONTEXT_LASTS = timedelta(minutes=30)
"""How long an answer is remembered for a follow-up such as "and the papers?"."""
LONGEST_QUESTION = 1000
"""How much of a question is kept for the desk, in characters."""
MOST_SUGGESTIONS = 3
HUMAN, SUBSCRIBE = f"{GENERAL}.human", f"{GENERAL}.subscribe"
STANDING_ON_TOP = {Topic.OVERVIEW, Topic.WHEN_TO_APPLY}
"""The topics above which stands where an announced call of the programme is."""


# Commands


def start(turn: Turn) -> None:
    """Greet, or open what a link points to: a programme, one of its topics, or the plan."""
    turn.to(step=Step.IDLE, start=None)
    payload = turn.event.text.strip().lower()
    label = payload.replace("_", ".", 1) if "_" in payload else f"{payload}.{Topic.OVERVIEW}"
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
    turn.tell_of_calls()
    resume(turn)


def human(turn: Turn) -> None:
    """Say how to reach a person, with the last question ready to be sent."""
    question = turn.event.text.strip()[:LONGEST_QUESTION] or turn.state.question
    turn.send(replies.person(turn.knowledge, question, turn.state.profile, turn.lang))
    resume(turn)


def help_page(turn: Turn) -> None:
    """Say what the bot can do."""
    turn.send(replies.help_page(turn.knowledge, turn.lang))
    resume(turn)


def language(turn: Turn) -> None:
    """Offer the languages, or take the one that was named."""
    named = turn.event.text.strip().lower()[:2]
    if turn.event.tap is None and named in LANGS:
        _speak(turn, "it" if named == "it" else "en")
        resume(turn)
    else:
        turn.send(replies.languages(turn.knowledge, turn.lang))


def mydata(turn: Turn) -> None:
    """Show everything held."""
    turn.do(Do.SHOW_DATA)


def forget(turn: Turn) -> None:
    """Ask before deleting."""
    turn.to(step=Step.FORGET, start=None)
    turn.send(replies.confirm_forgetting(turn.knowledge, turn.lang))


def cancel(turn: Turn) -> None:
    """Stop whatever is being asked; what was told so far is kept."""
    turn.say("cancel.done" if turn.state.step is not Step.IDLE else "cancel.nothing")
    turn.to(step=Step.IDLE, start=None)


def unknown_command(turn: Turn) -> None:
    """Name the commands there are."""
    turn.say("command-unknown")
    help_page(turn)


def other(turn: Turn) -> None:
    """A photo, a sticker, a voice message: say that only text is read."""
    turn.say("other-kind")
    resume(turn)


# Questions


def question(turn: Turn) -> None:
    """Answer a free question, suggest, or say that the bot does not know."""
    turn.to(step=Step.IDLE)
    match = _match(turn, turn.event.text)
    _reply(turn, match)
    if match.decision is Decision.NONE:
        turn.send(replies.not_understood(turn.knowledge, turn.lang))


def typed_answer(turn: Turn) -> None:
    """Take a text as the answer to the open question; failing that answer it as a question, and ask again."""
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
    else:
        _question_in_between(turn)


def _date_or(value: str) -> date | str:
    try:
        return date.fromisoformat(value)
    except ValueError:
        return value


def _question_in_between(turn: Turn) -> None:
    match = _match(turn, turn.event.text)
    _reply(turn, match)
    if match.decision is Decision.NONE:
        turn.say("ask.not-an-answer")
    resume(turn)


def _match(turn: Turn, text: str) -> Match:
    at = turn.state.previous_at
    fresh = at is not None and turn.facts.now - at <= CONTEXT_LASTS
    match = turn.facts.match(text, turn.state.previous if fresh else None, turn.lang)
    _follow_language(turn, match)
    turn.to(question=text[:LONGEST_QUESTION], offered=())
    return match


def _reply(turn: Turn, match: Match) -> None:
    lang = turn.lang
    labels = tuple(candidate.id for candidate in match.candidates[:MOST_SUGGESTIONS])
    if match.decision is Decision.SUGGEST:
        turn.to(offered=labels)
        turn.send(replies.suggestions(turn.knowledge, labels, lang))
    elif match.answer == HUMAN:
        turn.send(replies.person(turn.knowledge, turn.state.question, turn.state.profile, lang))
    elif match.answer:
        turn.to(offered=(match.answer,))
        _show(turn, match.answer, lang, on_request=False)


def _follow_language(turn: Turn, match: Match) -> None:
    """Go on in the language somebody writes in, unless they chose one."""
    profile = turn.state.profile
    if not profile.language_chosen:
        turn.to(profile=replace(profile, language="it" if match.lang == "it" else "en"))


def _show(turn: Turn, label: str, lang: Lang, *, on_request: bool = True) -> None:
    before = turn.state.previous or ""
    turn.to(previous=label, previous_at=turn.facts.now)
    programme, _, topic = label.partition(".")
    top = ""
    offers: Rows = ()
    if programme in set(Programme):
        offers = ((wishlist.follow_button(turn.voice, turn.wishes, programme, lang),),)
        top = _standing(turn, Programme(programme), lang) if topic in STANDING_ON_TOP else ""
    elif label == SUBSCRIBE:
        about = wishlist.mentioned(turn.knowledge, turn.state.question or "") or before.partition(".")[0]
        offers = wishlist.offers(turn.voice, turn.wishes, about, lang)
    turn.send(replies.answer(turn.knowledge, label, lang, on_request=on_request, top=top, offers=offers))


def _standing(turn: Turn, programme: Programme, lang: Lang) -> str:
    """Where the living calls of a programme stand: what the desk announced beats what the page says of usual months."""
    announced = season.standing(turn.voice, turn.facts.calls, turn.facts.now, lang).get(programme, "")
    if announced:
        turn.tell_of_calls()
    return announced


def open_answer(turn: Turn) -> None:
    """Show the answer a button names."""
    label = turn.event.tap.args[0] if turn.event.tap and turn.event.tap.args else ""
    if turn.knowledge.answer(label) is None:
        old_button(turn)
        return
    if label == HUMAN:
        human(turn)
        return
    _show(turn, label, turn.lang)
    resume(turn)


def reject(turn: Turn) -> None:
    """Not what was meant: suggest what else it may be, once; then offer a person."""
    asked, offered = turn.state.question, turn.state.offered
    others: tuple[str, ...] = ()
    if asked and len(offered) == 1:
        candidates = turn.facts.match(asked, None, turn.lang).candidates
        others = tuple(each.id for each in candidates if each.id not in offered)[:MOST_SUGGESTIONS]
    turn.to(offered=offered + others, previous=None)
    if others:
        turn.send(replies.suggestions(turn.knowledge, others, turn.lang, again=True))
    else:
        turn.send(replies.person(turn.knowledge, asked, turn.state.profile, turn.lang))
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
    result = replies.result(
        turn.knowledge, profile, today, lang,
        standing=season.standing(voice, turn.facts.calls, turn.facts.now, lang),
        days=wishlist.plan_days(voice, days, lang, on=turn.wishes.deadlines),
        offers=wishlist.plan_offers(voice, turn.wishes, fitting, days, lang),
    )  # fmt: skip
    turn.send(result)
    turn.tell_of_calls()


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
    value = turn.event.tap.args[2] if turn.event.tap and len(turn.event.tap.args) > 2 else ""  # noqa: PLR2004
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
    _speak(turn, "it" if chosen == "it" else "en")
    resume(turn)


def _speak(turn: Turn, lang: Lang) -> None:
    profile = turn.state.profile
    turn.to(profile=profile.speaking(lang))
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
