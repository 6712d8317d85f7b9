"""Sentences, escaping, and messages cut to Telegram's measure."""

from __future__ import annotations

import html
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.playground.entities import parse_html, utf16_len
from bot.rules.messages import (
    LANGS,
    LONGEST_TEXT,
    Button,
    Html,
    Lang,
    Message,
    Words,
    day_name,
    first_words,
    length,
    month_name,
    plain,
    shortened,
    split,
)
from bot.rules.roles import Role
from bot.rules.turn import COMMANDS
from tests.book import assert_sound, assert_tags_close_on_their_line, knowledge

WORDS = Words({
    "en": {"hi": "Hello <b>{name}</b>!", "on": "on {on}", "command.help": "help me", "command.plan": "plan",
           "tutor-command.claim": "take it", "staff-command.invite": "a link", "staff-command.staff": "who"},
    "it": {"hi": "Ciao <b>{name}</b>!", "on": "il {on}", "command.help": "aiuto"},
})  # fmt: skip

RAW = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc", "Zl", "Zp"]), max_size=30)
VALUE = RAW.map(lambda text: html.escape(text, quote=False))
MARKED = st.builds("<{0}>{1}</{0}>".format, st.sampled_from("b i u s code".split()), VALUE)  # noqa: SIM905 - shorter
LINKED = st.builds('<a href="https://example.org/?a=1&amp;b=2">{}</a>'.format, VALUE)
PIECE = st.one_of(VALUE, MARKED, LINKED, st.just("😀" * 60), st.just("x" * 130), st.just("&lt;b&gt; &amp;amp;"))
LINE = st.lists(PIECE, max_size=12).map(" ".join)
TEXT = st.lists(LINE, min_size=1, max_size=8).map("\n".join)


def visible(text: str) -> str:
    """What is read, links with their addresses, white space apart."""
    return "".join(plain(text).split())


@given(TEXT, st.integers(40, 400))
def test_splitting_loses_nothing_and_cuts_no_mark(text: str, limit: int) -> None:
    pieces = split(text, limit)
    assert "".join(visible(piece) for piece in pieces) == visible(text)
    for piece in pieces:
        assert utf16_len(parse_html(piece)[0]) <= limit
        assert length(piece) <= limit
        assert_tags_close_on_their_line(piece)


@given(TEXT)
def test_length_is_what_telegram_counts(text: str) -> None:
    assert length(text) == utf16_len(parse_html(text)[0])


@given(LINE)
def test_words_that_fit_are_never_cut(line: str) -> None:
    text = "\n".join([line] * 40)
    together = " ".join(plain(piece) for piece in split(text, 300))
    longest = max((len(word) for word in plain(line).split()), default=0)
    if longest < 150:
        assert together.split() == plain(text).split()


def test_a_message_that_fits_stays_one() -> None:
    message = Message("<b>short</b>\n\ntext", ((Button("b", "1|-"),),))
    assert list(message.parts()) == [message]


def test_the_buttons_stand_under_the_last_part() -> None:
    message = Message("\n".join([f"<b>{'x' * 999}</b>"] * 9), ((Button("b", "1|-"),),))
    parts = list(message.parts())
    assert len(parts) == 3
    assert [bool(part.buttons) for part in parts] == [False, False, True]
    assert all(length(part.text) <= LONGEST_TEXT for part in parts)


def test_a_line_of_emoji_without_spaces_is_cut_within_the_limit() -> None:
    pieces = split("😀" * 5000)
    assert "".join(pieces) == "😀" * 5000
    assert all(utf16_len(piece) <= LONGEST_TEXT for piece in pieces)


def test_values_are_escaped_and_html_is_not() -> None:
    assert WORDS.say("en", "hi", name="<b>Tom</b> & {name}") == "Hello <b>&lt;b&gt;Tom&lt;/b&gt; &amp; {name}</b>!"
    assert WORDS.say("en", "hi", name=Html("<i>Tom</i>")) == "Hello <b><i>Tom</i></b>!"
    assert WORDS.say("it", "hi", name=3) == "Ciao <b>3</b>!"


@given(RAW)
def test_a_name_is_read_as_it_was_written(name: str) -> None:
    said = WORDS.say("en", "hi", name=name)
    assert parse_html(said)[0] == f"Hello {name}!"
    assert plain(said) == f"Hello {name}!"
    assert WORDS.plain("en", "hi", name=name) == f"Hello {name}!"


def test_days_are_written_out_in_the_language() -> None:
    day = date(2027, 1, 14)
    assert WORDS.say("en", "on", on=day) == "on 14 January 2027"
    assert WORDS.say("it", "on", on=day) == "il 14 gennaio 2027"
    assert (day_name("en", day), day_name("it", day)) == ("14 January 2027", "14 gennaio 2027")
    assert (month_name("en", day), month_name("it", day)) == ("January 2027", "gennaio 2027")


def test_plain_text_keeps_the_address_of_a_link() -> None:
    text = 'See <a href="https://example.org/?a=1&amp;b=2">the <page> &amp; more</a>'.replace("<page>", "&lt;page&gt;")
    assert plain(text) == "See the <page> & more (https://example.org/?a=1&b=2)"
    assert plain("<b>1 &lt; 2</b>") == "1 < 2"


def test_a_sentence_nobody_wrote_is_an_error() -> None:
    with pytest.raises(KeyError):
        WORDS.say("en", "missing")
    with pytest.raises(KeyError):
        WORDS.say("en", "hi")


def test_the_command_menu_keeps_the_order_of_the_file() -> None:
    assert WORDS.commands("en") == {"help": "help me", "plan": "plan"}
    assert list(WORDS.commands("en")) == ["help", "plan"]


def test_a_role_has_its_own_commands_before_those_of_the_roles_below() -> None:
    assert list(WORDS.commands("en", Role.STUDENT)) == ["help", "plan"]
    assert list(WORDS.commands("en", Role.TUTOR)) == ["claim", "help", "plan"]
    assert list(WORDS.commands("en", Role.ADMIN)) == ["invite", "staff", "claim", "help", "plan"]
    assert WORDS.commands("it", Role.ADMIN) == {"help": "aiuto"}


def test_the_shipped_menus_are_what_telegram_takes() -> None:
    tutors = ["tutor", "tickets", "claim", "reply", "transfer", "close", "stats"]
    for lang in LANGS:
        words = knowledge().words
        everybody = list(words.commands(lang))
        assert list(words.commands(lang, Role.TUTOR)) == [*tutors, *everybody]
        admin = words.commands(lang, Role.ADMIN)
        assert list(admin)[-len(tutors) - len(everybody) :] == [*tutors, *everybody]
        assert {"announce", "invite", "staff", "reload"} <= set(admin)
        assert len(admin) <= 100
        assert all(1 <= len(text) <= 256 for text in admin.values())
        assert set(everybody) <= set(COMMANDS)


@pytest.mark.parametrize("lang", LANGS)
def test_every_shipped_sentence_is_html_for_telegram(lang: Lang) -> None:
    for text in knowledge().words._texts[lang].values():
        assert_tags_close_on_their_line(text)
        assert_sound(Message(text.replace("{", "").replace("}", "")))


# What is cut


@given(st.text(), st.integers(2, 40))
def test_a_shortened_text_begins_like_the_whole_and_is_short_enough(text: str, most: int) -> None:
    cut = shortened(text, most)
    units = len(text.encode("utf-16-le", "replace")) // 2
    assert cut == text if units <= most else cut.endswith("…") and text.startswith(cut[:-1])
    assert len(cut.encode("utf-16-le", "replace")) // 2 <= most


def test_half_a_character_is_not_shown() -> None:
    assert shortened("😀😀😀", 4) == "😀…"
    assert shortened("😀😀", 4) == "😀😀"


def test_the_first_words_of_a_text_stand_on_one_line() -> None:
    assert first_words("when\n\n  does <b> open?") == "when does <b> open?"
    assert len(first_words("very " * 50)) <= 80
    assert first_words("very " * 50).endswith("very…")
