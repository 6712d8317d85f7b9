"""What the bot says where others read along: cards to choose, answers in groups, and the way to the private chat."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from bot.faq.matcher import Decision
from bot.rules.answers import Answer, DeskAnswer, Either, Phrases
from bot.rules.buttons import LONGEST_DATA
from bot.rules.letters import Voice
from bot.rules.links import label_behind
from bot.rules.messages import LANGS, LONGEST_TEXT, Lang, length, plain
from bot.rules.outside import ASK, CHAT, CUT, LONGEST_PREVIEW, PERSONAL, THANKS, Outside
from bot.rules.programmes import Programme, Topic
from tests.book import NOW, ROME, a_call, assert_sound, assert_tags_close_on_their_line, keys, knowledge, match

LABELS = [label for label, _ in knowledge().answers()]
OUTSIDE = Outside(Voice(knowledge(), ROME), (), NOW, "desk_bot")
PERIOD, MONEY, WHEN = "free-mover.period", "free-mover.funding", "erasmus-traineeship.when-to-apply"
HUMAN, GREETING = "general.human", "general.greeting"


def offered(decision: Decision, *labels: str, lang: Lang = "en") -> tuple[list[str], str]:
    """The labels of the cards, and what the button above them carries."""
    offer = OUTSIDE.offer(match(decision, labels, lang))
    assert bool(offer.button) == bool(offer.payload)
    return [card.label for card in offer.cards], offer.payload


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("label", LABELS)
def test_every_answer_makes_a_card_that_telegram_takes(label: str, lang: Lang) -> None:
    card = OUTSIDE.card(label, lang)
    assert 0 < len(card.label.encode()) <= LONGEST_DATA
    assert card.title
    assert 0 < length(card.preview) <= LONGEST_PREVIEW
    assert plain(card.message.text).removeprefix(card.title).split()[:5] == card.preview.split()[:5]
    assert length(card.message.text) <= LONGEST_TEXT
    assert_sound(card.message)
    assert_tags_close_on_their_line(card.message.text)
    (button,) = keys(card.message)
    assert label_behind(button.url) == label
    assert not button.data


def test_a_card_says_what_the_bot_says_with_its_sources_and_their_date() -> None:
    message = OUTSIDE.card(PERIOD, "en").message
    answer = knowledge().answer(PERIOD)
    assert isinstance(answer, Answer)
    for statement in answer.says:
        assert plain(statement["en"]) in plain(message.text)
    assert "Source: " in message.text
    day = date(2026, 11, 3)
    opened = {name: page.model_copy(update={"opened": day}) for name, page in knowledge().sources.items()}
    checked = replace(OUTSIDE, voice=Voice(replace(knowledge(), sources=opened), ROME))
    assert "checked on 3 November 2026" in checked.message(PERIOD, "en").text
    assert "controllata il 3 novembre 2026" in checked.message(PERIOD, "it").text


def test_what_the_desk_announced_stands_on_the_card() -> None:
    call = a_call(Programme.EXTRA_EU)
    told = replace(OUTSIDE, calls=(call,))
    line = "🔵 <b>Exchange outside the EU</b>: "
    topics = [topic for topic in Topic if line in told.message(f"{Programme.EXTRA_EU}.{topic}", "en").text]
    assert topics == [Topic.OVERVIEW, Topic.WHEN_TO_APPLY]
    assert line not in told.message(f"{Programme.FREE_MOVER}.{Topic.OVERVIEW}", "en").text
    assert line not in OUTSIDE.message(f"{Programme.EXTRA_EU}.{Topic.OVERVIEW}", "en").text


def test_the_sure_answer_comes_first_and_then_what_would_be_suggested() -> None:
    others = [MONEY, WHEN, "extra-eu.funding", "extra-eu.overview"]
    assert offered(Decision.ANSWER, PERIOD, *others) == ([PERIOD, *others[:3]], "")
    assert offered(Decision.SUGGEST, *others) == (others[:3], "")
    assert offered(Decision.NONE, *others) == ([], ASK)
    assert offered(Decision.NONE) == ([], ASK)


@pytest.mark.parametrize("label", sorted(PERSONAL))
def test_what_is_about_the_reader_alone_is_opened_in_the_private_chat(label: str) -> None:
    cards, payload = offered(Decision.ANSWER, label, PERIOD)
    assert cards == []
    assert label_behind(f"https://t.me/desk_bot?start={payload}") == label
    assert offered(Decision.SUGGEST, label, PERIOD) == ([PERIOD], "")
    assert offered(Decision.SUGGEST, label) == ([], ASK)


@pytest.mark.parametrize("label", sorted(CHAT))
def test_a_greeting_is_no_card(label: str) -> None:
    assert offered(Decision.ANSWER, label, PERIOD) == ([], ASK)


@pytest.mark.parametrize("lang", LANGS)
def test_before_anything_is_asked_the_seven_programmes_are_offered_and_the_bot(lang: Lang) -> None:
    offer = OUTSIDE.beginning(lang)
    assert [card.label for card in offer.cards] == [f"{programme}.overview" for programme in Programme]
    assert (offer.button, offer.payload) == (knowledge().words.plain(lang, "outside.ask"), ASK)
    assert knowledge().answer(f"{ASK}.overview") is None, "the payload opens the bot at its greeting"


def test_a_group_is_answered_only_where_the_bot_is_sure() -> None:
    said = OUTSIDE.in_group(match(Decision.ANSWER, [PERIOD, MONEY], "it"))
    assert said == OUTSIDE.message(PERIOD, "it")
    assert OUTSIDE.in_group(match(Decision.SUGGEST, [PERIOD, MONEY], "it")) is None
    assert OUTSIDE.in_group(match(Decision.NONE, [], "it")) is None
    assert OUTSIDE.in_group(match(Decision.ANSWER, [THANKS], "it")) is None, "a thank you ends a talk"
    assert OUTSIDE.in_group(match(Decision.ANSWER, [GREETING], "it")) == OUTSIDE.message(GREETING, "it")


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("label", sorted(PERSONAL))
def test_a_group_hears_nothing_that_is_about_one_of_them(label: str, lang: Lang) -> None:
    said = OUTSIDE.in_group(match(Decision.ANSWER, [label], lang))
    assert said is not None
    assert said.text == knowledge().words.say(lang, "outside.in-private")
    assert "\n" not in said.text
    (button,) = keys(said)
    assert label_behind(button.url) == label


def test_a_text_that_is_too_long_for_one_message_is_cut_between_lines() -> None:
    says = Either(en="\n\n".join(f"{number}. <b> & words " + "x" * 90 for number in range(60)))
    long = DeskAnswer(id=7, title=Either(en="Long"), says=says, phrases=Phrases(en=("long",)), answered_on=NOW.date())
    outside = replace(OUTSIDE, voice=Voice(replace(knowledge(), desk={7: long}), ROME))
    message = outside.message("desk.7", "en")
    assert message.text.endswith(CUT)
    assert LONGEST_TEXT - 200 < length(message.text) <= LONGEST_TEXT
    assert_tags_close_on_their_line(message.text)
    (button,) = keys(message)
    assert button.url == "https://t.me/desk_bot?start=desk_7"
