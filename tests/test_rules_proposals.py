"""What a proposal says, how it is written down, and what staff and students read of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.rules import buttons, proposals
from bot.rules.blackout import Cleaned
from bot.rules.calls import Call, Dates
from bot.rules.letters import Voice
from bot.rules.messages import LANGS, Lang, Message
from bot.rules.programmes import Programme
from bot.rules.proposals import DAY, DECIDED, YOURS, Listed, Review, Suggestion, clipped, suggested
from tests.book import assert_sound, assert_tags_close_on_their_line, keys, knowledge

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
TODAY = NOW.date()
VISA = Suggestion("en", {"en": "Visa for <Brazil>?"}, {"en": "Yes, <always>."}, programme="free-mover", ticket=12)
CALL = Call(Programme.FREE_MOVER, Dates(NOW, NOW + timedelta(days=30)), id=3, name="free-mover:2026")
VOICE = Voice(knowledge(), ZoneInfo("Europe/Rome"))


def assert_good(message: Message) -> None:
    assert_sound(message)
    assert_tags_close_on_their_line(message.text)
    assert all(buttons.read(key.data) for key in keys(message))


@pytest.mark.parametrize(
    "each",
    [VISA, replace(VISA, until=TODAY, call="x", title={"en": "V"}, of=3, asks="answer:it", step=4, alike=2)],
)
def test_a_suggestion_is_read_as_it_was_written(each: Suggestion) -> None:
    assert Suggestion.read(each.carried() | {"by": "Ada", "number": 7}) == each


@pytest.mark.parametrize(
    "text",
    [
        "by 15 February",
        "entro il 1° marzo",
        "before 15/02",
        "on 2027-02-15",
        "February 15",
        "the call says so",
        "il bando",
        "3rd of May",
    ],
)
def test_what_speaks_of_a_day_or_a_call_does_not_hold_for_ever(text: str) -> None:
    assert DAY.search(text)
    assert suggested("en", Cleaned("q"), Cleaned(text), "free-mover", 1, CALL, TODAY).call == CALL.name


@pytest.mark.parametrize(
    "text", ["You may stay 3 months", "Yes, in the 4th year", "Chiama il desk", "Ask the 2 tutors"]
)
def test_what_speaks_of_neither_does(text: str) -> None:
    assert suggested("en", Cleaned("q"), Cleaned(text), "free-mover", 1, CALL, TODAY).until is None


def test_a_second_language_asks_for_its_question_too() -> None:
    asked = replace(VISA, asks="answer:it", alike=3).wrote("Sì.")
    assert (asked.asks, asked.step, asked.alike) == ("question:it", 1, 3)
    whole = asked.wrote("Visto?")
    assert (whole.asks, whole.alike) == ("", None)
    answer = whole.answered(7, TODAY)
    assert (answer.says.it, answer.title.it, answer.phrases.it) == ("Sì.", "Visto?", ("Visto?",))
    assert (answer.label, answer.programme, answer.answered_on) == ("desk.7", Programme.FREE_MOVER, TODAY)


def test_a_question_without_an_answer_in_its_language_is_left_out() -> None:
    answer = replace(VISA, question={**VISA.question, "it": "Visto?"}).answered(7, TODAY)
    assert (answer.title.langs, answer.phrases.it) == (("en",), ())


def test_a_programme_of_another_release_is_none() -> None:
    assert replace(VISA, programme="old").answered(7, TODAY).programme is None


def test_the_heading_is_the_title_or_the_question_cut() -> None:
    assert replace(VISA, title={"en": "V"}).heading("en") == "V"
    assert len(replace(VISA, question={"en": "why " * 60}).heading("en")) <= 81
    assert clipped("one two three", 9) == "one two…"


def test_what_is_blacked_out_cannot_go_into_the_faq() -> None:
    assert VISA.fault == ""
    assert replace(VISA, answer={"en": "Ask █"}).fault == "proposal.black-left"


@pytest.mark.parametrize("lang", LANGS)
def test_everything_staff_read_is_sound(lang: Lang) -> None:
    review = Review("free-mover.period", CALL, ("Ciao <Ada>",))
    long = replace(
        VISA, question={"en": "q <" * 99, "it": "é" * 300}, answer={"en": "a <" * 999, "it": "x" * 3000}, alike=2
    )
    answer = VISA.answered(7, TODAY)
    for each in (VISA, long, replace(VISA, of=3, answer={"en": "█"}, programme=None)):
        assert_good(proposals.preview(VOICE, 999_999_999, each, review, lang, admin=True))
        assert_good(proposals.offer(VOICE, 9, each, review, "<Tina>", lang))
        assert_good(proposals.expiry(VOICE, 9, each, [CALL], TODAY, lang))
        assert_good(proposals.live(VOICE, 7, each, 0, lang))
        assert_good(proposals.live(VOICE, 7, each, 3, lang))
        for key in (*DECIDED.values(), *YOURS.values()):
            assert_good(proposals.decided(VOICE, key, each, "<Ada>", lang))
    for asks in ("question:it", "answer:en", "title:en", "until"):
        assert_good(proposals.asks(VOICE, replace(VISA, asks=asks), lang))
    assert_good(proposals.withdrawal(VOICE, answer, lang))
    listed = [Listed(answer, 3, "<Ada>", CALL, holding=True), Listed(answer, 0, "", None, holding=False)]
    assert_good(proposals.faq(VOICE, listed, [4, 5, 6], lang))
    assert_good(proposals.faq(VOICE, [], [], lang))
    assert_good(proposals.reloaded(VOICE, {}, ["a.yaml:1: <b>"], lang))
    assert_good(
        proposals.reloaded(VOICE, {"added": ["desk.7"], "removed": ["x"], "altered": ["y"], "files": ["z"]}, [], lang)
    )


def test_how_long_it_holds_is_said() -> None:
    assert proposals.holds(VOICE, None, None, "en") == "Holds until it is withdrawn"
    assert proposals.holds(VOICE, date(2027, 3, 8), None, "it") == "Vale fino all'8 marzo 2027 compreso"
    assert proposals.holds(VOICE, TODAY, CALL, "en").startswith("Expires with the call: Free Mover, closes")


def test_only_an_admin_may_approve_and_only_what_is_new_is_proposed() -> None:
    def verbs(each: Suggestion, *, admin: bool) -> set[str]:
        shown = proposals.preview(VOICE, 1, each, Review(), "en", admin=admin)
        return {tap.args[1] for key in keys(shown) if (tap := buttons.read(key.data))}

    assert "approve" not in verbs(VISA, admin=False)
    assert {"propose", "approve"} <= verbs(VISA, admin=True)
    assert "propose" not in verbs(replace(VISA, of=3), admin=True)


@pytest.mark.parametrize("lang", LANGS)
def test_whoever_asked_before_reads_their_question_and_the_answer(lang: Lang) -> None:
    voice = Voice(replace(knowledge(), desk={7: VISA.answered(7, TODAY)}), VOICE.zone)
    message = proposals.told(voice, "desk.7", "visa <for> brazil", date(2026, 11, 12), lang)
    assert_good(message)
    assert message.text.startswith("On 12 November 2026 you" if lang == "en" else "Il 12 novembre 2026 hai")
    assert "Yes, &lt;always&gt;." in message.text


def test_what_changed_is_told_and_nothing_else() -> None:
    text = proposals.reloaded(VOICE, {"added": ("desk.7",), "removed": ()}, (), "en").text
    assert text == "✅ The knowledge was read again.\nNew answers (1): desk.7"
