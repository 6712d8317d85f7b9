"""Reading whom a broadcast is for, what of a text can be sent, and what the preview warns of."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.playground.entities import parse_html, utf16_len
from bot.rules import addressing, broadcasting, buttons
from bot.rules.broadcasting import LONGEST, Sketch, cleaned, refused
from bot.rules.letters import Voice
from bot.rules.messages import LANGS, LONGEST_TEXT, Lang, length
from bot.rules.plan import Fault
from tests import book

NOON = datetime(2026, 11, 22, 11, tzinfo=UTC)
NIGHT = NOON.replace(hour=20)
READERS = {"en": 800, "it": 434}


def voice() -> Voice:
    return Voice(book.knowledge(), ZoneInfo("Europe/Rome"))


def sketch(audience: str = "all", **texts: str) -> Sketch:
    return Sketch(audience, texts)  # type: ignore[arg-type]


# Whom it is for


def test_every_audience_has_a_name_in_both_languages_and_fits_a_button() -> None:
    names = {(lang, broadcasting.who(voice(), each, lang)) for each in addressing.audiences(2026) for lang in LANGS}
    assert len(names) == 2 * 16
    for lang in LANGS:
        reach = dict.fromkeys(addressing.audiences(2026), 99_999)
        shown = broadcasting.choice(voice(), 2_000_000_000, Sketch(step=99), reach, lang)
        book.assert_sound(shown)
        assert [tap.args[3] for each in book.keys(shown) if (tap := buttons.read(each.data)) and len(tap.args) > 2] == (
            list(addressing.audiences(2026))
        )


# What can be sent


@pytest.mark.parametrize("text", ["", " \n ", "<b> </b>", "\u200b\u200d", "\u00a0", "&#160;"])
def test_nothing_to_read_is_refused(text: str) -> None:
    assert refused(text) == Fault("broadcast.empty", {})


def test_the_length_is_telegrams() -> None:
    assert refused("x" * LONGEST) is None
    assert refused("&lt;" * LONGEST) is None
    assert refused("🎓" * (LONGEST // 2)) is None
    assert refused(f"<b>{'x' * LONGEST}</b>") is None
    fault = refused("🎓" * (LONGEST // 2) + "x")
    assert fault == Fault("broadcast.too-long", {"long": "3501", "most": "3500"})


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        ("Dear <b>all</b>", "Dear <b>all</b>"),
        ("Dear</b> all", "Dear all"),
        ("<b>Dear <i>all</i>", "<b>Dear <i>all</i></b>"),
        ("<b>a<i>b</b>c</i>", "<b>a<i>bc</i></b>"),
        ("<b></b>Dear", "Dear"),
        ("<b><i></i></b>Dear", "Dear"),
        ('<span class="tg-spoiler">42</span>', "<tg-spoiler>42</tg-spoiler>"),
        ('<tg-emoji emoji-id="5">🎓</tg-emoji>', "🎓"),
        ('<a href="https://ims.unimi.it/?a=1&b=2">call</a>', '<a href="https://ims.unimi.it/?a=1&b=2">call</a>'),
        ("<blockquote expandable>a\nb</blockquote>", "<blockquote expandable>a\nb</blockquote>"),
        ("&lt;b&gt;broken &amp; raw", "&lt;b&gt;broken &amp; raw"),
    ],
)
def test_every_tag_has_its_partner(text: str, sent: str) -> None:
    assert cleaned(text) == sent


@given(st.lists(st.sampled_from(["<b>", "</b>", "<i>", "</i>", "<code>", "</code>", "x", "&lt;", "\n"]), max_size=30))
def test_whatever_is_cut_off_telegram_reads_the_rest(parts: list[str]) -> None:
    sent = cleaned("".join(parts))
    words, _ = parse_html(sent)
    assert words.count("x") == parts.count("x")
    assert words.count("<") == parts.count("&lt;")
    assert utf16_len(words) == length(sent)


# What the preview says


def shown(made: Sketch, readers: dict[str, int] = READERS, now: datetime = NOON, lang: Lang = "en") -> tuple[str, str]:
    message = broadcasting.preview(voice(), 7, made, readers, now, lang)
    book.assert_sound(message)
    return message.text, " ".join(f"[{each.text}]" for each in book.keys(message))


@pytest.mark.parametrize("lang", LANGS)
def test_all_is_well(lang: Lang) -> None:
    text, ways = shown(sketch(en="Dear", it="Cari"), lang=lang)
    assert "⚠️" not in text
    assert all(number in text for number in ("1234", "800", "434"))
    assert ways.count("[") == 5


def test_a_language_without_a_text_is_warned_of_where_somebody_reads_it() -> None:
    text, ways = shown(sketch(en="Dear"))
    assert "There is no Italian text: those who read Italian (434) get the English one." in text
    assert "[Add the Italian text]" in ways
    text, ways = shown(sketch(it="Cari"), {"it": 3})
    assert "⚠️" not in text
    assert "[Add the English text]" in ways
    assert "[Add" not in shown(sketch("language:it", it="Cari"), {"it": 3})[1]
    assert "(3) get the English one" in shown(sketch("language:it", en="Dear"), {"it": 3})[0]


def test_nobody_to_reach_nothing_to_confirm() -> None:
    text, ways = shown(sketch("year:6:2026", en="Dear", it="Cari"), {})
    assert "nobody" in text
    assert "[Confirm]" not in ways
    assert "[Change the audience]" in ways


@pytest.mark.parametrize(("hour", "odd"), [(7, True), (8, False), (18, False), (19, True)])
def test_hours_are_the_desks(hour: int, odd: bool) -> None:  # noqa: FBT001 - a column of the table
    text, _ = shown(sketch(en="Dear", it="Cari"), now=NOON.replace(hour=hour))
    assert (f"It is {hour + 1:02}:00 at the desk" in text) is odd


def test_a_text_for_everybody_that_names_a_few_is_warned_of() -> None:
    assert "“Free-mover”" in shown(sketch(en="<b>Free-mover</b> applications are open", it="x"))[0]
    assert "“year 4”" in shown(sketch(en="year 4 students", it="x"))[0]
    assert "⚠️" not in shown(sketch("programme:free-mover", en="Free-mover applications", it="x"))[0]
    assert "⚠️" not in shown(sketch(en="It is all students' turn", it="x"))[0]


@pytest.mark.parametrize("lang", LANGS)
def test_questions_offer_to_leave_out_what_is_not_the_only_text(lang: Lang) -> None:
    def ways(made: Sketch) -> list[str]:
        message = broadcasting.question(voice(), 7, made, lang)
        book.assert_sound(message)
        return [tap.args[1] for each in book.keys(message) if (tap := buttons.read(each.data))]

    assert ways(Sketch("all", asks=("en", "it"))) == ["skip", "cancel"]
    assert ways(Sketch("all", {}, asks=("it",))) == ["cancel"]
    assert ways(Sketch("all", {"en": "Dear"}, asks=("it",))) == ["skip", "cancel"]
    assert ways(Sketch("all", {"en": "Dear", "it": "Cari"}, asks=("en", "it"))) == ["keep", "skip", "cancel"]


def test_a_sketch_survives_the_database() -> None:
    made = Sketch("all", {"en": "Dear"}, ("it",), 3, NOON)
    assert Sketch.read(made.carried()) == made
    assert made.wrote("Cari") == Sketch("all", {"en": "Dear", "it": "Cari"}, (), 4)


def test_the_rest_of_a_refused_text_comes_within_three_seconds() -> None:
    made = Sketch(asks=("en",)).too_long(NOON)
    assert made.rest_of_refused(NOON)
    assert made.rest_of_refused(NOON + timedelta(seconds=3))
    assert not made.rest_of_refused(NOON + timedelta(seconds=3.1))
    assert not Sketch(asks=("en",)).rest_of_refused(NOON)


def test_the_header_and_the_longest_text_are_one_message() -> None:
    for lang in LANGS:
        assert length(voice().say(lang, "broadcast.header")) + 2 + LONGEST <= LONGEST_TEXT


# A text whose language nobody said


def test_a_guessed_language_is_named_with_a_way_to_say_otherwise() -> None:
    made = Sketch("all", {"it": "Cari"}, guessed=True)
    text, ways = shown(made)
    assert "I take the text for <b>Italian</b>." in text
    assert "[It is English]" in ways
    for sure in (Sketch("all", {"it": "Cari"}), Sketch("all", {"en": "x", "it": "y"}, guessed=True),
                 Sketch("language:it", {"it": "Cari"}, guessed=True)):  # fmt: skip
        assert "I take" not in shown(sure)[0]
        assert "[It is" not in shown(sure)[1]
    assert made.swapped().texts == {"en": "Cari"}
    assert made.swapped().step == made.step + 1


@pytest.mark.parametrize("lang", LANGS)
def test_a_year_is_that_of_those_who_told_it_this_academic_year(lang: Lang) -> None:
    text, _ = shown(sketch("year:4:2026", en="Dear", it="Cari"), lang=lang)
    assert "2026/27" in text
    assert "2026/27" not in shown(sketch(en="Dear", it="Cari"), lang=lang)[0]


def test_what_is_to_be_known_first_stands_above_all_else() -> None:
    message = broadcasting.preview(voice(), 7, sketch(en="x", it="y"), READERS, NOON, "en", first="Old.")
    assert message.text.startswith("Old.\n\n👆")
