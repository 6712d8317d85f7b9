"""The messages of the dialogue: complete, sound HTML, with ways on, in both languages."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from dateutil.relativedelta import relativedelta

from bot.playground.entities import parse_html
from bot.rules import buttons, replies
from bot.rules.answers import DeskAnswer, Either, Knowledge, Phrases
from bot.rules.buttons import Act, data
from bot.rules.eligibility import Deadline, Judgement, Verdict, judge
from bot.rules.messages import LANGS, Button, Lang, Message, length, plain
from bot.rules.plan import Fault, Plan, read_plan
from bot.rules.profile import Profile, Question
from bot.rules.programmes import Destination, Fit, Goal, Programme, Topic
from bot.rules.turn import COMMANDS
from tests.book import TODAY, assert_sound, assert_tags_close_on_their_line, keys, knowledge

LABELS = sorted(label for label, _ in knowledge().answers())
WALL = "result.fits result.maybe result.other-goal result.not-now".split()  # noqa: SIM905 - the headings of a result
OFFER = Button("🔔", data(Act.FOLLOW, "fits"))
PROFILE = (
    Profile()
    .with_year(5, TODAY)
    .with_goal(Goal.CLINICAL)
    .with_destination(Destination.EU)
    .with_dates(date(2027, 7, 1), date(2027, 8, 31))
)


def assert_leads_on(message: Message) -> None:
    """Every button of a message leads to something that exists."""
    for button in keys(message):
        tap = buttons.read(button.data)
        if tap and tap.act in {Act.OPEN, Act.PICK}:
            assert knowledge().answer(tap.args[0]), button
        if tap and tap.act is Act.COMMAND:
            assert tap.args[0] in COMMANDS, button


def assert_good(message: Message) -> None:
    """A message is sound, as a whole and line by line, and leads on."""
    assert_sound(message)
    assert_leads_on(message)
    for part in message.parts():
        assert_sound(part)
        assert_tags_close_on_their_line(part.text)


# Answers


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("label", LABELS)
def test_an_answer_says_all_its_statements_and_shows_its_public_sources(label: str, lang: Lang) -> None:
    message = replies.answer(knowledge(), label, lang)
    assert_good(message)
    assert length(message.text) <= 4096
    found = dict(knowledge().answers())[label]
    read, entities = parse_html(message.text)
    assert all(statement[lang] in read for statement in found.says)
    shown = [knowledge().sources[key].url for key in found.links]
    assert [entity["url"] for entity in entities if entity["type"] == "text_link"] == shown
    headed = message.text.startswith("<b>")
    assert headed is (label not in replies.SMALL_TALK)
    assert not headed or read.startswith(replies.title(knowledge(), label, lang))


def test_an_answer_the_bot_guessed_can_be_rejected() -> None:
    asked = replies.answer(knowledge(), "free-mover.period", "en")
    guessed = replies.answer(knowledge(), "free-mover.period", "en", on_request=False)
    assert guessed.text == asked.text
    assert [button.text for button in keys(guessed)][-1] == "That's not it"
    assert "That's not it" not in [button.text for button in keys(asked)]


def test_an_answer_shows_what_is_put_on_top_of_it_and_offered_with_it() -> None:
    offers = ((Button("🔔", data(Act.FOLLOW, "free-mover")),),)
    message = replies.answer(knowledge(), "free-mover.period", "en", top="<b>It is open</b>", offers=offers)
    assert_good(message)
    heading, top, *_ = plain(message.text).split("\n\n")
    assert (heading, top) == ("Free Mover · When and how long", "It is open")
    assert message.buttons[0] == offers[0]


def test_an_answer_leads_to_the_other_topics_of_its_programme() -> None:
    message = replies.answer(knowledge(), "free-mover.period", "it")
    opened = [tap.args[0] for button in keys(message) if (tap := buttons.read(button.data)) and tap.act is Act.OPEN]
    assert opened == [f"free-mover.{topic}" for topic in Topic if topic is not Topic.PERIOD]


def test_a_source_says_when_it_was_checked_only_if_all_were() -> None:
    def with_days(first: date | None, second: date | None) -> str:
        other = with_source(with_source(knowledge(), "ims", opened=first), "erasmus-en", opened=second)
        return plain(replies.answer(other, "erasmus-traineeship.funding", "en").text)

    assert "not yet checked by the desk" in with_days(None, date(2026, 11, 30))
    assert "checked on 29 November 2026" in with_days(date(2026, 11, 30), date(2026, 11, 29))


def with_source(book: Knowledge, key: str, **changes: object) -> Knowledge:
    """The knowledge with another source under ``key``."""
    return replace(book, sources={**book.sources, key: book.sources[key].model_copy(update=changes)})


def test_a_private_source_is_never_shown() -> None:
    book = with_source(with_source(knowledge(), "ims", public=False), "erasmus-en", public=False)
    assert "Source:" not in replies.answer(book, "erasmus-traineeship.funding", "en").text
    assert "ims.cdl.unimi.it" not in replies.result(book, PROFILE, TODAY, "en").text


def test_what_the_desk_writes_is_shown_as_it_was_written() -> None:
    desk = knowledge().general["desk"]
    both = {"en": "<b>1 < 2 & 3</b>", "it": "<b>1 < 2 & 3</b>"}
    says = (desk.says[0].model_copy(update=both),)
    answer = desk.model_copy(update={"says": says, "title": desk.title.model_copy(update=both)})
    source = {"url": "https://example.org/?a=1&lt=2", "title": desk.title.model_copy(update=both)}
    book = with_source(replace(knowledge(), general={"desk": answer}), answer.links[0], **source)
    read, entities = parse_html(replies.answer(book, "general.desk", "en").text)
    assert read.count("<b>1 < 2 & 3</b>") == 3
    assert source["url"] in [entity["url"] for entity in entities if entity["type"] == "text_link"]


def test_a_label_that_does_not_exist_is_an_error() -> None:
    with pytest.raises(KeyError):
        replies.answer(knowledge(), "free-mover.colour", "en")


def test_titles_name_the_programme_and_the_topic() -> None:
    assert replies.title(knowledge(), "free-mover.when-to-apply", "en") == "Free Mover · When to apply"
    assert replies.title(knowledge(), "free-mover.when-to-apply", "it") == "Free Mover · Quando fare domanda"
    assert replies.title(knowledge(), "general.desk", "en") == knowledge().general["desk"].title.en


@pytest.mark.parametrize("lang", LANGS)
def test_suggestions_are_one_tap_each_with_a_way_out(lang: Lang) -> None:
    for label in LABELS:
        message = replies.suggestions(knowledge(), [label, "general.desk", "extra-eu.funding"], lang)
        assert_good(message)
        taps = [buttons.read(button.data) for button in keys(message)]
        assert [tap.act for tap in taps if tap] == [Act.PICK, Act.PICK, Act.PICK, Act.REJECT]
        assert all(length(button.text) <= 60 for button in keys(message))
    again = replies.suggestions(knowledge(), ["general.desk"], lang, again=True)
    assert again.text == knowledge().words.say(lang, "ask.again") != message.text


@pytest.mark.parametrize("lang", LANGS)
def test_every_other_message_is_good(lang: Lang) -> None:
    book = knowledge()
    for message in (
        replies.not_understood(book, lang),
        replies.programmes(book, lang),
        replies.help_page(book, lang),
        replies.welcome(book, "<Ada> & Bob", lang),
        replies.languages(book, lang),
    ):
        assert_good(message)
        assert list(keys(message))
    assert "<Ada> & Bob" in plain(replies.welcome(book, "<Ada> & Bob", lang).text)
    assert all(f"/{name} " in replies.help_page(book, lang).text for name in book.words.commands(lang))
    assert len(list(keys(replies.programmes(book, lang)))) == 8


# The plan's result


def result(profile: Profile, today: date = TODAY, lang: Lang = "en") -> Message:
    return replies.result(knowledge(), profile, today, lang)


def profile_of(plan: Plan, today: date) -> Profile:
    """The profile of somebody who said all that is in ``plan``."""
    degree = None
    if plan.months_since_graduation is not None:
        degree = today.replace(day=1) - relativedelta(months=plan.months_since_graduation)
    profile = Profile().with_year(plan.year, today).with_degree(degree)
    return profile.with_goal(plan.goal).with_destination(plan.destination).with_dates(plan.start, plan.end)


@pytest.mark.parametrize("lang", LANGS)
def test_the_result_of_every_example_is_good_and_names_all_seven(lang: Lang) -> None:
    lines = (Path(__file__).parent / "data/plans.jsonl").read_text(encoding="utf-8").splitlines()
    for line in lines:
        read = read_plan(json.loads(line), TODAY)
        if isinstance(read, Fault):
            continue
        message = result(profile_of(*read), read[1], lang)
        assert_good(message)
        shown = [message.text.count(f"<b>{page.names[lang].title}</b>") for page in knowledge().programmes.values()]
        assert shown == [1] * 7, line
        assert replies.DESK in message.text


def test_a_result_groups_by_what_can_be_done() -> None:
    text = plain(result(PROFILE).text)
    headings = [plain(knowledge().words.say("en", key)) for key in WALL]
    at = [text.index(heading) for heading in headings if heading in text]
    assert len(at) == 4
    assert at == sorted(at)
    fits, maybe, other, not_now = (text[start:end] for start, end in zip(at, [*at[1:], len(text)], strict=True))
    assert "Free Mover – you can ask for it" in fits
    assert (
        "Erasmus+ traineeship – open to you, but whether it fits is not clear\n• The page does not say whether" in maybe
    )
    for programme in (Programme.EXTRA_EU, Programme.THESIS_SCHOLARSHIP):
        assert f"{knowledge().programmes[programme].names.en.title} – does not serve what you have in mind" in other
    assert "Erasmus+ study – not with this plan" in not_now


def test_what_the_desk_announced_beats_the_usual_months() -> None:
    usual = "Call usually open: January–February 2027"
    assert usual in plain(result(PROFILE).text)
    standing = {Programme.ERASMUS_STUDY: "🟢 It is open", Programme.FREE_MOVER: "🔵 It is announced"}
    message = replies.result(knowledge(), PROFILE, TODAY, "en", standing=standing, days="📌 Days", offers=((OFFER,),))
    text = plain(message.text)
    assert usual not in text
    assert "🟢 It is open" in text
    assert (
        text.index("Free Mover") < text.index("🔵 It is announced") < text.index("📌 Days") < text.index(replies.DESK)
    )
    assert message.buttons[0] == (OFFER,)


def test_what_fits_is_what_stands_in_the_first_two_groups() -> None:
    text = plain(result(PROFILE).text)
    worse = text.index(plain(knowledge().words.say("en", "result.other-goal")))
    names = {each: knowledge().programmes[each].names.en.title for each in Programme}
    assert set(replies.fitting(knowledge(), PROFILE, TODAY)) == {
        each for each in Programme if text.index(f"{names[each]} – ") < worse
    }


def test_the_groups_follow_the_verdict_then_the_fit() -> None:
    def judgement(verdict: Verdict, fit: Fit) -> Judgement:
        return Judgement(verdict, fit, (), ())

    def group(verdict: Verdict, fit: Fit, *, goal_given: bool = True) -> str:
        found = replies._grouped({Programme.FREE_MOVER: judgement(verdict, fit)}, goal_given=goal_given)
        return next(key for key, programmes in found.items() if programmes)

    assert group(Verdict.NOT_ELIGIBLE, Fit.YES) == "not-now"
    assert group(Verdict.NOT_ELIGIBLE, Fit.NO) == "not-now"
    assert group(Verdict.ELIGIBLE, Fit.NO) == "other-goal"
    assert group(Verdict.UNKNOWN, Fit.NO) == "other-goal"
    assert group(Verdict.ELIGIBLE, Fit.YES) == "fits"
    assert group(Verdict.ELIGIBLE, Fit.UNKNOWN) == "maybe"
    assert group(Verdict.ELIGIBLE, Fit.UNKNOWN, goal_given=False) == "fits"
    assert group(Verdict.UNKNOWN, Fit.YES) == "maybe"
    assert group(Verdict.UNKNOWN, Fit.UNKNOWN, goal_given=False) == "maybe"


def test_a_result_offers_what_can_be_done_and_to_change_each_answer() -> None:
    taps = [tap for button in keys(result(PROFILE)) if (tap := buttons.read(button.data))]
    judged = judge(knowledge().rules, knowledge().calls, PROFILE.plan(TODAY), TODAY)
    possible = [
        f"{programme}.how-to-apply"
        for programme, each in judged.items()
        if each.verdict is not Verdict.NOT_ELIGIBLE and each.fits is not Fit.NO
    ]
    assert possible
    assert [tap.args[0] for tap in taps if tap.act is Act.OPEN] == possible
    assert [tap.args[0] for tap in taps if tap.act is Act.CHANGE] == ["year", "goal", "destination", "dates"]
    assert [tap.args[0] for tap in taps if tap.act is Act.COMMAND] == ["human"]


def test_the_plan_is_summed_up_in_a_line() -> None:
    assert replies.summary(knowledge(), PROFILE, "en") == (
        "year 5 · clinical practice in wards · inside the EU · 1 July 2027 to 31 August 2027"
    )
    graduate = Profile().with_year(None, TODAY).with_degree(date(2026, 7, 1))
    assert replies.summary(knowledge(), graduate, "it") == (
        "laurea a luglio 2026 · obiettivo da decidere · ovunque · date da decidere"
    )


@pytest.mark.parametrize(
    ("profile", "told"),
    [
        (PROFILE.with_year(None, TODAY), "already graduated"),
        (PROFILE.with_year(None, TODAY).with_degree(date(2026, 7, 1)), "graduated in July 2026"),
    ],
)
def test_what_a_graduate_told(profile: Profile, told: str) -> None:
    assert replies.told(knowledge(), Question.YEAR, profile, "en") == told
    assert replies.told(knowledge(), Question.DEGREE, profile, "en") == told


def test_stays_are_told_as_far_as_they_are_known() -> None:
    start, end = date(2027, 7, 1), date(2027, 8, 31)
    told = [replies.stay(knowledge(), first, last, "en") for first, last in ((start, end), (start, None), (None, None))]
    assert told == ["1 July 2027 to 31 August 2027", "from 1 July 2027, end open", "dates open"]


def test_days_that_no_longer_matter_are_not_told() -> None:
    dates = (
        Deadline("call-opens", date(2027, 1, 1)),
        Deadline("call-closes", date(2027, 2, 28)),
        Deadline("apply-by", date(2027, 3, 1)),
    )
    possible = Judgement(Verdict.UNKNOWN, Fit.YES, (), dates)
    refused = Judgement(Verdict.NOT_ELIGIBLE, Fit.YES, (), dates)
    assert len(replies.date_texts(knowledge(), possible, "en")) == 2
    assert len(replies.date_texts(knowledge(), refused, "en")) == 1
    assert replies.date_texts(knowledge(), possible, "it")[-1] == "Fai domanda entro il 1° marzo 2027"


# What the desk answered


VISA = DeskAnswer(
    id=7,
    title=Either(en="Do I need a visa for <Brazil> if I am there for an elective?"),
    says=Either(en="Yes, a <tourist> visa.\n\nAsk early."),
    phrases=Phrases(en=("visa",)),
    programme=Programme.ELECTIVE_INTERNSHIP,
    answered_on=date(2026, 11, 8),
)


def with_visa(**values: object) -> Knowledge:
    return replace(knowledge(), desk={7: VISA.model_copy(update=values)})


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("programme", [None, Programme.ELECTIVE_INTERNSHIP])
def test_an_answer_of_the_desks_names_the_desk_and_the_day(lang: Lang, programme: Programme | None) -> None:
    message = replies.answer(with_visa(programme=programme), "desk.7", lang, on_request=False)
    assert_good(message)
    read = plain(message.text)
    assert read.startswith("Do I need a visa for <Brazil>")
    assert "Yes, a <tourist> visa.\n\nAsk early." in read
    assert ("Answered by the desk on 8 November 2026." if lang == "en" else "Risposta del desk dell'8 novembre") in read
    assert ("La risposta è in inglese" in read) is (lang == "it")
    opened = [key.data for key in keys(message) if "elective-internship" in key.data]
    assert bool(opened) is (programme is not None)
    assert data(Act.REJECT) in {key.data for key in keys(message)}


def test_an_answer_of_the_desks_in_both_languages_is_read_in_ones_own() -> None:
    book = with_visa(title=Either(en="Visa", it="Visto"), says=Either(en="Yes.", it="Sì."))
    assert "Sì." in replies.answer(book, "desk.7", "it").text
    assert "inglese" not in replies.answer(book, "desk.7", "it").text
    assert replies.title(book, "desk.7", "it") == "Visto"


def test_an_answer_of_the_desks_is_suggested_by_its_shortened_heading() -> None:
    offered = replies.suggestions(with_visa(), ["desk.7", "general.desk"], "en")
    assert next(iter(keys(offered))).text == "Do I need a visa for <Brazil> if I am…"
