from __future__ import annotations

import html

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.playground.entities import Json, formatted, parse_html, split_text, text_part, utf16_len
from bot.playground.errors import ApiError


def of(kind: str, offset: int, length: int, **more: object) -> Json:
    return {"type": kind, "offset": offset, "length": length, **more}


@pytest.mark.parametrize(
    ("source", "text", "entities"),
    [
        ("plain", "plain", []),
        ("<b>a</b><strong>b</strong>", "ab", [of("bold", 0, 1), of("bold", 1, 1)]),
        ("<i>a</i><em>b</em>", "ab", [of("italic", 0, 1), of("italic", 1, 1)]),
        ("<u>a</u><ins>b</ins>", "ab", [of("underline", 0, 1), of("underline", 1, 1)]),
        ("<s>a</s><del>b</del>", "ab", [of("strikethrough", 0, 1), of("strikethrough", 1, 1)]),
        ("<tg-spoiler>a</tg-spoiler>", "a", [of("spoiler", 0, 1)]),
        ('<span class="tg-spoiler">a</span>', "a", [of("spoiler", 0, 1)]),
        ("😀<b>é</b>", "😀é", [of("bold", 2, 1)]),
        ("<b>a<i>b</i></b>", "ab", [of("bold", 0, 2), of("italic", 1, 1)]),
        ("<i><b>a</b></i>", "a", [of("bold", 0, 1), of("italic", 0, 1)]),
        ("<b></b>a", "a", []),
        ("1 &lt; 2 &amp;&amp; 3 &gt; 2 &quot;&#33;&#x21; &nbsp; &", '1 < 2 && 3 > 2 "!! &nbsp; &', []),
        ("<B>a</b >", "a", [of("bold", 0, 1)]),
        (
            '<a href="https://unimi.it/x?a=1&amp;b=2">a</a>',
            "a",
            [of("text_link", 0, 1, url="https://unimi.it/x?a=1&b=2")],
        ),
        ("<a href='https://unimi.it'>a</a>", "a", [of("text_link", 0, 1, url="https://unimi.it/")]),
        ("<a>unimi.it</a>", "unimi.it", [of("text_link", 0, 8, url="http://unimi.it/")]),
        ("<a>no address</a>", "no address", []),
        ("<blockquote>a</blockquote>", "a", [of("blockquote", 0, 1)]),
        ("<blockquote expandable>a</blockquote>", "a", [of("expandable_blockquote", 0, 1)]),
        ("<pre>a</pre><code>b</code>", "ab", [of("pre", 0, 1), of("code", 1, 1)]),
        ('<pre><code class="language-python">a</code></pre>', "a", [of("pre", 0, 1, language="python")]),
        ('<code class="language-python">a</code>', "a", [of("code", 0, 1)]),
        ('<tg-emoji emoji-id="53">😀</tg-emoji>', "😀", [of("custom_emoji", 0, 2, custom_emoji_id="53")]),
        (
            '<tg-time unix="1800000000" format="d">then</tg-time>',
            "then",
            [of("date_time", 0, 4, unix_time=1800000000, date_time_format="d")],
        ),
    ],
)
def test_html_becomes_text_and_entities(source: str, text: str, entities: list[Json]) -> None:
    assert parse_html(source) == (text, entities)


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("abc<x>d</x>", 'Unsupported start tag "x" at byte offset 3'),
        ("è <x>", 'Unsupported start tag "x" at byte offset 3'),
        ("a<br/>b", 'Unsupported start tag "br/" at byte offset 1'),
        ("1 < 2", 'Unsupported start tag "" at byte offset 2'),
        ("a <b", "Unclosed start tag at byte offset 2"),
        ("<b>a", 'Can\'t find end tag corresponding to start tag "b"'),
        ("a</b>", "Unexpected end tag at byte offset 1"),
        ("<b>a</i>", 'Unmatched end tag at byte offset 4, expected "</b>", found "</i>"'),
        ("<b>a</b", "Unclosed end tag at byte offset 4"),
        ('<a href="x', "Unclosed start tag at byte offset 0"),
        ("<a href", 'Unclosed start tag "a" at byte offset 0'),
        ('<a ="x">', 'Empty attribute name in the tag "a" at byte offset 0'),
        ("<a href=x_y>", "Unexpected end of name token at byte offset 8"),
        ("<span>a</span>", 'Tag "span" must have class "tg-spoiler" at byte offset 0'),
        ('<tg-emoji emoji-id="x">a</tg-emoji>', "Invalid custom emoji identifier specified"),
    ],
)
def test_broken_html_is_refused_in_telegrams_words(source: str, why: str) -> None:
    with pytest.raises(ApiError) as refused:
        parse_html(source)
    assert str(refused.value) == f"Bad Request: can't parse entities: {why}"


@given(st.text())
def test_escaped_text_arrives_as_it_was(text: str) -> None:
    plain, entities = parse_html(f"<b>{html.escape(text)}</b>")
    assert plain == text
    assert entities == ([of("bold", 0, utf16_len(text))] if text else [])


@given(st.text(alphabet="<>/&;ab ='\"#x1\n"))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        plain, entities = parse_html(text)
    except ApiError:
        return
    assert all(e["offset"] >= 0 and e["offset"] + e["length"] <= utf16_len(plain) for e in entities)


@pytest.mark.parametrize(
    ("text", "entities"),
    [
        ("/start abc", [of("bot_command", 0, 6)]),
        ("😀 /plan@desk_bot now", [of("bot_command", 3, 14)]),
        ("a/b 1/2 //x /x/", []),
        ("see https://unimi.it/a?b=1.", [of("url", 4, 22)]),
        ("write to a.b@unimi.it", [of("email", 9, 12)]),
        ("ask @desk_bot, #erasmus", [of("mention", 4, 9), of("hashtag", 15, 8)]),
        ("#12 is a ticket, not a hashtag", []),
    ],
)
def test_telegram_finds_commands_links_and_names(text: str, entities: list[Json]) -> None:
    assert formatted(text) == (text, entities)


def test_nothing_is_found_inside_code_or_links() -> None:
    text, entities = formatted('<code>/start</code> <a href="https://x.it/">@desk_bot</a> /go', "HTML")
    assert text == "/start @desk_bot /go"
    assert [e["type"] for e in entities] == ["code", "text_link", "bot_command"]


def test_spaces_around_a_text_go_and_entities_move_along() -> None:
    assert formatted(" \n<b> a</b> \r\n", "html") == ("a", [of("bold", 0, 1)])
    assert formatted(" /start") == ("/start", [of("bot_command", 0, 6)])


def test_given_entities_are_kept_and_other_parse_modes_refused() -> None:
    assert formatted("abc", "", [of("bold", 0, 1)]) == ("abc", [of("bold", 0, 1)])
    with pytest.raises(ApiError, match="Bad Request: unsupported parse_mode"):
        formatted("abc", "BBCode")
    with pytest.raises(ApiError, match="does not read parse_mode MarkdownV2"):
        formatted("*abc*", "MarkdownV2")


def test_a_part_of_a_message_has_no_empty_fields() -> None:
    assert text_part("text", "<b>a</b>", "HTML") == {"text": "a", "entities": [of("bold", 0, 1)]}
    assert text_part("caption", "<b>a</b>", "HTML") == {"caption": "a", "caption_entities": [of("bold", 0, 1)]}
    assert text_part("text", "a") == {"text": "a"}
    assert text_part("caption", "") == {}


@given(st.text(alphabet="a b\n😀", max_size=60), st.integers(4, 12))
def test_a_long_text_is_cut_without_loss(text: str, limit: int) -> None:
    parts = split_text(text, limit)
    assert all(0 < utf16_len(part) <= limit for part in parts)
    assert "".join("".join(parts).split()) == "".join(text.split())


def test_a_long_text_is_cut_at_a_line_or_a_space() -> None:
    assert split_text("one two\nthree four", 12) == ["one two", "three four"]
    assert split_text("one two three", 9) == ["one two", "three"]
    assert split_text("onetwothree", 6) == ["onetwo", "three"]
