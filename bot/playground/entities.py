"""Text as Telegram reads it: formatting into entities, lengths and offsets in UTF-16 units."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from bot.playground.errors import ApiError, bad_request

Json = dict[str, Any]

TEXT_LIMIT = 4096

_TYPES = {
    "a": "text_link",
    "b": "bold",
    "blockquote": "blockquote",
    "code": "code",
    "del": "strikethrough",
    "em": "italic",
    "i": "italic",
    "ins": "underline",
    "pre": "pre",
    "s": "strikethrough",
    "span": "spoiler",
    "strike": "strikethrough",
    "strong": "bold",
    "tg-emoji": "custom_emoji",
    "tg-spoiler": "spoiler",
    "tg-time": "date_time",
    "u": "underline",
}
# Of two entities over the same characters the one named first here comes first.
_ORDER = (
    "blockquote",
    "expandable_blockquote",
    "pre",
    "code",
    "text_link",
    "bold",
    "italic",
    "underline",
    "strikethrough",
    "spoiler",
    "custom_emoji",
    "date_time",
)
_OPAQUE = {"code", "pre", "text_link"}

_SPECIAL = re.compile("[<&]")
_SPACES = re.compile(r"\s*")
_TAG_NAME = re.compile(r"[^\s>]*")
_ATTRIBUTE = re.compile(r"[^\s=>/\"']*")
_QUOTED = re.compile(r"([\"'])(.*?)\1", re.DOTALL)
_TOKEN = re.compile(r"[A-Za-z0-9.-]*(?=[\s>])")
_REFERENCE = re.compile(r"&(?:#x([0-9a-fA-F]{1,6})|#(\d{1,7})|(lt|gt|amp|quot)(?![A-Za-z]));?")
_NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
_SURROGATES = range(0xD800, 0xE000)
_UNICODE_END = 0x10FFFF
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)
_BARE_HOST = re.compile(r"https?://[^/?#]+$", re.IGNORECASE)

_FOUND = re.compile(
    r"(?P<url>(?:https?|tg)://[^\s<>\"]*[^\s<>\".,;:!?)'\]]|(?<![\w.])t\.me/[\w/?=&-]*\w)"
    r"|(?P<bot_command>(?<![\w/<>])/[A-Za-z0-9_]{1,64}(?:@[A-Za-z0-9_]{3,32})?(?![\w/<>]))"
    r"|(?P<email>(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)*\.[A-Za-z]{2,})"
    r"|(?P<mention>(?<!\w)@[A-Za-z0-9_]{2,32}(?!\w))"
    r"|(?P<hashtag>(?<!\w)\#\w*[^\W\d]\w*)"
)


def utf16_len(text: str) -> int:
    """How long Telegram says ``text`` is."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def formatted(text: str, parse_mode: str = "", given: list[Json] | None = None) -> tuple[str, list[Json]]:
    """The text as it will be shown and its entities: those asked for, and the links and commands Telegram finds.

    Raises ``ApiError`` where Telegram cannot parse it. Of the parse modes only HTML is spoken here.
    """
    text = text.replace("\r", "")
    mode = parse_mode.lower()
    entities = list(given or [])
    if mode == "html":
        text, entities = parse_html(text)
    elif mode.startswith("markdown"):
        raise bad_request(f"the playground does not read parse_mode {parse_mode}; use HTML or entities")
    elif mode not in ("", "none"):
        raise bad_request("unsupported parse_mode")
    if text[:1].isspace() or text[-1:].isspace():
        text, entities = _trimmed(text, entities)
    return text, _with_found(text, entities)


def text_part(key: str, text: str, parse_mode: str = "", given: list[Json] | None = None) -> Json:
    """The fields of a message that hold a ``text`` or ``caption`` and its entities; none for an empty one."""
    plain, entities = formatted(text, parse_mode, given)
    if not plain:
        return {}
    return {key: plain} | ({"entities" if key == "text" else "caption_entities": entities} if entities else {})


def split_text(text: str, limit: int = TEXT_LIMIT) -> list[str]:
    """A long text as the messages Telegram's apps make of it: cut at a line, else at a space, else anywhere."""
    parts: list[str] = []
    rest = text.strip()
    while utf16_len(rest) > limit:
        head = rest[:limit]
        while utf16_len(head) > limit:
            head = head[: len(head) - (utf16_len(head) - limit + 1) // 2]
        cut = max(head.rfind("\n"), 0) if head.rfind("\n") > len(head) // 2 else max(head.rfind(" "), 0)
        cut = cut or len(head)
        parts.append(rest[:cut].rstrip())
        rest = rest[cut:].lstrip()
    return [*parts, rest] if rest else parts


def parse_html(text: str) -> tuple[str, list[Json]]:
    """The plain text and the entities of Telegram's HTML; raises ``ApiError`` with Telegram's sentence."""
    return _Html(text).read()


def _trimmed(text: str, entities: list[Json]) -> tuple[str, list[Json]]:
    left = utf16_len(text) - utf16_len(text.lstrip())
    text = text.strip()
    end = utf16_len(text)
    kept = []
    for entity in entities:
        start = max(entity["offset"] - left, 0)
        length = min(entity["offset"] - left + entity["length"], end) - start
        if length > 0:
            kept.append({**entity, "offset": start, "length": length})
    return text, kept


def _with_found(text: str, entities: list[Json]) -> list[Json]:
    """``entities`` and the commands, links and names in ``text`` that no code or link covers."""
    if "/" not in text and "@" not in text and "#" not in text:
        return entities
    closed = [(e["offset"], e["offset"] + e["length"]) for e in entities if e["type"] in _OPAQUE]
    found = []
    for match in _FOUND.finditer(text):
        start = utf16_len(text[: match.start()])
        length = utf16_len(match[0])
        if not any(start < after and before < start + length for before, after in closed):
            found.append({"type": match.lastgroup, "offset": start, "length": length})
    return _sorted([*entities, *found]) if found else entities


def _sorted(entities: list[Json]) -> list[Json]:
    def place(entity: Json) -> tuple[int, int, int]:
        kind = entity["type"]
        return entity["offset"], -entity["length"], _ORDER.index(kind) if kind in _ORDER else len(_ORDER)

    return sorted(entities, key=place)


def _character(match: re.Match[str]) -> str:
    """What a character reference stands for; itself where Telegram does not know it."""
    hexadecimal, decimal, named = match.groups()
    if named:
        return _NAMED[named]
    code = int(hexadecimal, 16) if hexadecimal else int(decimal)
    known = 0 < code < _UNICODE_END and code not in _SURROGATES
    return chr(code) if known else match[0]


def _link(url: str) -> str:
    """The address as Telegram keeps it; empty where it is none."""
    if not _SCHEME.match(url):
        if "." not in url or any(character.isspace() for character in url):
            return ""
        url = f"http://{url}"
    return f"{url}/" if _BARE_HOST.match(url) else url


@dataclass(slots=True)
class _Open:
    """A start tag that waits for its end."""

    tag: str
    attributes: dict[str, str]
    offset: int
    piece: int


class _Html:
    """One reading of one text, from the first character to the last."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._pieces: list[str] = []
        self._offset = 0
        self._open: list[_Open] = []
        self._entities: list[Json] = []

    def read(self) -> tuple[str, list[Json]]:
        position = 0
        while (mark := _SPECIAL.search(self._text, position)) is not None:
            at = mark.start()
            self._keep(self._text[position:at])
            if mark[0] == "&":
                position = self._reference(at)
            elif self._text.startswith("/", at + 1):
                position = self._end_tag(at)
            else:
                position = self._start_tag(at)
        self._keep(self._text[position:])
        if self._open:
            raise bad_request(
                f"can't parse entities: Can't find end tag corresponding to start tag \"{self._open[-1].tag}\""
            )
        for entity in self._entities:
            if entity["type"] == "code":  # a language belongs to a block only
                entity.pop("language", None)
        return "".join(self._pieces), _sorted(self._entities)

    def _keep(self, piece: str) -> None:
        if piece:
            self._pieces.append(piece)
            self._offset += utf16_len(piece)

    def _fault(self, sentence: str, at: int) -> ApiError:
        """The refusal for what stands at ``at``; ``{}`` in the sentence becomes Telegram's byte offset."""
        place = f"at byte offset {len(self._text[:at].encode())}"
        return bad_request("can't parse entities: " + sentence.replace("{}", place))

    def _after_spaces(self, position: int) -> int:
        match = _SPACES.match(self._text, position)
        return match.end() if match else position

    def _reference(self, at: int) -> int:
        match = _REFERENCE.match(self._text, at)
        self._keep(_character(match) if match else "&")
        return match.end() if match else at + 1

    def _name(self, position: int) -> tuple[str, int]:
        match = _TAG_NAME.match(self._text, position)
        return (match[0].lower(), match.end()) if match else ("", position)

    def _start_tag(self, at: int) -> int:
        tag, position = self._name(at + 1)
        if position == len(self._text):
            raise self._fault("Unclosed start tag {}", at)
        if tag not in _TYPES:
            raise self._fault(f'Unsupported start tag "{tag}" {{}}', at)
        attributes, position = self._attributes(tag, at, position)
        if tag == "span" and attributes.get("class") != "tg-spoiler":
            raise self._fault('Tag "span" must have class "tg-spoiler" {}', at)
        self._open.append(_Open(tag, attributes, self._offset, len(self._pieces)))
        return position

    def _attributes(self, tag: str, at: int, position: int) -> tuple[dict[str, str], int]:
        """The tag's attributes, and where the text goes on after it."""
        found: dict[str, str] = {}
        while True:
            position = self._after_spaces(position)
            if self._text.startswith(">", position):
                return found, position + 1
            if position == len(self._text):
                raise self._fault(f'Unclosed start tag "{tag}" {{}}', at)
            match = _ATTRIBUTE.match(self._text, position)
            if match is None or not match[0]:
                raise self._fault(f'Empty attribute name in the tag "{tag}" {{}}', at)
            position = self._after_spaces(match.end())
            value = ""
            if self._text.startswith("=", position):
                value, position = self._value(at, self._after_spaces(position + 1))
            found[match[0]] = value

    def _value(self, at: int, position: int) -> tuple[str, int]:
        quoted = _QUOTED.match(self._text, position)
        if quoted:
            return _REFERENCE.sub(_character, quoted[2]), quoted.end()
        if self._text[position : position + 1] in ("", '"', "'"):
            raise self._fault("Unclosed start tag {}", at)
        token = _TOKEN.match(self._text, position)
        if token is None:
            raise self._fault("Unexpected end of name token {}", position)
        return token[0].lower(), token.end()

    def _end_tag(self, at: int) -> int:
        if not self._open:
            raise self._fault("Unexpected end tag {}", at)
        tag, position = self._name(at + 2)
        position = self._after_spaces(position)
        if not self._text.startswith(">", position):
            raise self._fault("Unclosed end tag {}", at)
        last = self._open.pop()
        if tag not in ("", last.tag):
            raise self._fault(f'Unmatched end tag {{}}, expected "</{last.tag}>", found "</{tag}>"', at)
        if self._offset > last.offset:
            self._close(last)
        return position + 1

    def _close(self, last: _Open) -> None:
        """Turn a finished tag into its entity."""
        entity: Json = {"type": _TYPES[last.tag], "offset": last.offset, "length": self._offset - last.offset}
        if last.tag == "a":
            entity["url"] = _link(last.attributes.get("href") or "".join(self._pieces[last.piece :]))
            if not entity["url"]:
                return
        elif last.tag == "blockquote" and "expandable" in last.attributes:
            entity["type"] = "expandable_blockquote"
        elif last.tag == "tg-emoji":
            entity["custom_emoji_id"] = self._number(last.attributes.get("emoji-id"), "custom emoji identifier")
        elif last.tag == "tg-time":
            entity["unix_time"] = int(self._number(last.attributes.get("unix"), "date-time"))
            entity |= {"date_time_format": shape} if (shape := last.attributes.get("format")) else {}
        elif last.tag == "pre":
            self._take_language(entity)
        elif last.tag == "code" and last.attributes.get("class", "").startswith("language-"):
            entity["language"] = last.attributes["class"].removeprefix("language-")
        self._entities.append(entity)

    def _take_language(self, pre: Json) -> None:
        """``<pre><code class="language-x">`` is one entity."""
        inner = self._entities[-1] if self._entities else {}
        if "language" in inner and (inner["offset"], inner["length"]) == (pre["offset"], pre["length"]):
            pre["language"] = self._entities.pop()["language"]

    def _number(self, value: str | None, what: str) -> str:
        if value is None or not value.isdecimal():
            raise bad_request(f"can't parse entities: Invalid {what} specified")
        return value
