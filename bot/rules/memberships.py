"""What is said of who belongs to the staff: one-time links, the list of members, and what a member takes on."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import segno
from babel.dates import format_date

from bot.rules import links
from bot.rules.alerts import ALL
from bot.rules.buttons import Act, data
from bot.rules.duty import LANGUAGES, Duty
from bot.rules.letters import Voice, moment
from bot.rules.messages import Button, Html, Lang, Message, Rows, day_name
from bot.rules.programmes import Programme
from bot.rules.roles import Role

PAYLOAD = "invite_"
"""How the payload of a one-time link begins."""
CAPS = (3, 5, 10)
"""The caps of open tickets that have a button."""
NONE, TOMORROW, MONDAY, WEEK = "none", "tomorrow", "monday", "week"
"""What the buttons of a pause carry; ``none`` also lifts a cap."""

LINK = {Role.TUTOR: "members.link-tutor", Role.ADMIN: "members.link-admin"}
INVITEES = {Role.TUTOR: "members.button-tutor", Role.ADMIN: "members.button-admin"}
WELCOME = {Role.TUTOR: "members.welcome-tutor", Role.ADMIN: "members.welcome-admin"}
JOINED = {Role.TUTOR: "members.joined-tutor", Role.ADMIN: "members.joined-admin"}
ALREADY = {Role.TUTOR: "members.already-tutor", Role.ADMIN: "members.already-admin"}
ROLES = {Role.TUTOR: "members.role-tutor", Role.ADMIN: "members.role-admin"}
LANGUAGE_NAMES: Mapping[str, str] = {"en": "members.english", "it": "members.italian"}
PAUSES = {TOMORROW: "members.pause-tomorrow", MONDAY: "members.pause-monday", WEEK: "members.pause-week"}
INVITED_ROLES: Mapping[str, Role] = {
    word: role
    for role, words in (
        (Role.TUTOR, "tutor tutors tutore tutrice"),
        (Role.ADMIN, "admin admins administrator amministratore amministratrice"),
    )
    for word in words.split()
}
"""How the role of an invitation may be written."""


# One-time links


def link(username: str, token: str) -> str:
    """The address that makes whoever opens it first a member of the staff."""
    return links.address(username, f"{PAYLOAD}{token}")


def picture(address: str) -> bytes:
    """An address as a QR code (PNG), large enough to be scanned from a screen."""
    drawn = io.BytesIO()
    segno.make(address, error="m", micro=False).save(drawn, kind="png", scale=10, border=4)
    return drawn.getvalue()


def asked_role(voice: Voice, lasts: timedelta, lang: Lang, *, unknown: str = "") -> Message:
    """Whether a link is for a tutor or for an admin; ``unknown`` is what they wrote instead."""
    first = [voice.say(lang, "members.role-unknown", value=unknown)] if unknown else []
    text = "\n\n".join([*first, voice.say(lang, "members.ask-role", days=lasts.days)])
    return Message(text, (tuple(_invite_button(voice, role, lang) for role in INVITEES),))


def _invite_button(voice: Voice, role: Role, lang: Lang) -> Button:
    return Button(voice.plain(lang, INVITEES[role]), data(Act.MEMBER, "invite", role))


def invited(voice: Voice, address: str, role: Role, until: datetime, handle: str, lang: Lang) -> Message:
    """A one-time link, with what it does and until when; ``handle`` names it to take it back."""
    text = voice.say(lang, LINK[role], link=address, until=moment(voice, until, lang))
    copy = Button(voice.plain(lang, "members.button-copy"), copy=address)
    revoke = Button(voice.plain(lang, "members.button-revoke"), data(Act.MEMBER, "revoke", handle))
    return Message(text, ((copy,), (revoke,)))


def welcome(voice: Voice, name: str, role: Role, lang: Lang) -> Message:
    """Somebody has become a member: what that means, and the way to go on duty."""
    begin = Button(voice.plain(lang, "members.button-begin"), data(Act.MEMBER, "begin"))
    choose = Button(voice.plain(lang, "members.button-choose"), data(Act.MEMBER, "page"))
    return Message(voice.say(lang, WELCOME[role], name=name), ((begin,), (choose,)))


# The list of members


@dataclass(frozen=True, slots=True)
class Colleague:
    """A member of staff as admins see them. ``settled``: an admin of the settings, whom nobody can remove here."""

    user_id: int
    name: str
    role: Role
    duty: Duty
    tickets: int
    since: datetime | None
    settled: bool


@dataclass(frozen=True, slots=True)
class OpenLink:
    """A one-time link that nobody has used yet; ``inviter`` is None for one made at the terminal."""

    handle: str
    role: Role
    inviter: str | None
    until: datetime


def staff_page(
    voice: Voice, colleagues: Sequence[Colleague], links: Sequence[OpenLink], me: int, today: date, lang: Lang
) -> Message:
    """Everybody of the staff with what they take on, and the links that still let somebody in."""
    people = [_person(voice, each, me, today, lang) for each in colleagues]
    parts = [voice.say(lang, "members.staff-title"), *people]
    if all(each.user_id == me for each in colleagues):
        parts.append(voice.say(lang, "members.staff-empty"))
    if links:
        lines = [_link_line(voice, number, each, lang) for number, each in enumerate(links, 1)]
        parts.append("\n".join([voice.say(lang, "members.links-title"), *lines]))
    return Message("\n\n".join(parts), tuple(_staff_buttons(voice, colleagues, links, me, lang)))


def _person(voice: Voice, each: Colleague, me: int, today: date, lang: Lang) -> str:
    role = "members.role-settings" if each.settled else ROLES[each.role]
    key = "members.you" if each.user_id == me else "members.person"
    first = voice.say(lang, key, name=each.name, role=Html(voice.say(lang, role)), id=each.user_id)
    duty = Html(_briefly(voice, each.duty, today, lang))
    return f"{first}\n{voice.say(lang, 'members.person-duty', duty=duty, many=each.tickets)}"


def _briefly(voice: Voice, duty: Duty, today: date, lang: Lang) -> str:
    if not duty.on_duty:
        return voice.say(lang, "members.short-off")
    takes = {"programmes": _programmes(voice, duty, lang), "languages": _languages(voice, duty, lang)}
    if duty.back_on and duty.away(today):
        return voice.say(lang, "members.short-away", on=weekday(lang, duty.back_on), **takes)
    return voice.say(lang, "members.short-on", **takes)


def _link_line(voice: Voice, number: int, each: OpenLink, lang: Lang) -> str:
    inviter = Html(voice.say(lang, "members.terminal")) if each.inviter is None else each.inviter
    until = moment(voice, each.until, lang)
    role = voice.plain(lang, ROLES[each.role])
    return voice.say(lang, "members.link-line", number=number, role=role, inviter=inviter, until=until)


def _staff_buttons(
    voice: Voice, colleagues: Sequence[Colleague], links: Sequence[OpenLink], me: int, lang: Lang
) -> Iterator[tuple[Button, ...]]:
    for each in colleagues:
        if not each.settled and each.user_id != me:
            text = voice.plain(lang, "members.button-remove", name=each.name)
            yield (Button(text, data(Act.MEMBER, "remove", each.user_id)),)
    for number, open_link in enumerate(links, 1):
        text = voice.plain(lang, "members.button-revoke-number", number=number)
        yield (Button(text, data(Act.MEMBER, "revoke", open_link.handle, "list")),)
    yield tuple(_invite_button(voice, role, lang) for role in INVITEES)


def removal(voice: Voice, each: Colleague, lang: Lang) -> Message:
    """What removing somebody means, to be confirmed."""
    role = Html(voice.say(lang, ROLES[each.role]))
    parts = [voice.say(lang, "members.remove-ask", name=each.name, role=role)]
    if each.tickets:
        parts.append(voice.say(lang, "members.remove-tickets", many=each.tickets))
    parts.append(voice.say(lang, "members.remove-told"))
    joined = int(each.since.timestamp()) if each.since else 0
    confirm = Button(voice.plain(lang, "staff.confirm"), data(Act.MEMBER, "removed", each.user_id, joined))
    cancel = Button(voice.plain(lang, "staff.cancel"), data(Act.MEMBER, "staff"))
    return Message("\n\n".join(parts), ((confirm, cancel),))


def removed(voice: Voice, name: str, released: int, lang: Lang) -> Message:
    """Somebody was removed, and how many of their tickets are everybody's again."""
    parts = [voice.say(lang, "members.removed", name=name)]
    parts += [voice.say(lang, "members.removed-tickets", many=released)] if released else []
    back = Button(voice.plain(lang, "members.button-staff"), data(Act.MEMBER, "staff"))
    return Message("\n".join(parts), ((back,),))


def told_removed(voice: Voice, lang: Lang, *, released: int, writing: bool) -> Message:
    """To somebody who is staff no more; ``writing``: they were in the middle of something."""
    parts = [voice.say(lang, "members.told-removed")]
    parts += [voice.say(lang, "members.told-writing")] if writing else []
    parts += [voice.say(lang, "members.told-tickets", many=released)] if released else []
    return Message("\n".join(parts))


# What a member takes on


def duty_page(voice: Voice, duty: Duty, today: date, lang: Lang, *, first: str = "") -> Message:
    """What a member takes on, with a switch for each part of it; ``first`` (HTML) stands above."""
    parts = [first] if first else []
    parts += ["\n".join(_duty_lines(voice, duty, today, lang)), voice.say(lang, "members.form")]
    return Message("\n\n".join(parts), tuple(_duty_buttons(voice, duty, today, lang)))


def _duty_lines(voice: Voice, duty: Duty, today: date, lang: Lang) -> Iterator[str]:
    away = duty.away(today)
    if duty.back_on and away:
        yield voice.say(lang, "members.away", on=weekday(lang, duty.back_on))
    else:
        yield voice.say(lang, "members.on" if duty.on_duty else "members.off")
    yield voice.say(lang, "members.programmes", programmes=_programmes(voice, duty, lang))
    yield voice.say(lang, "members.languages", languages=_languages(voice, duty, lang))
    if duty.most_open is None:
        yield voice.say(lang, "members.open", many=duty.open)
    else:
        yield voice.say(lang, "members.open-capped", many=duty.open, most=duty.most_open)
    if duty.open and (away or not duty.on_duty):
        yield voice.say(lang, "members.open-stay")
    elif duty.full:
        yield voice.say(lang, "members.open-full")


def _programmes(voice: Voice, duty: Duty, lang: Lang) -> Html:
    if not duty.programmes:
        return Html(voice.say(lang, "members.every-programme"))
    names = ", ".join(voice.name(Programme(each), lang) for each in duty.programmes)
    return Html(voice.say(lang, "members.some-programmes", names=names))


def _languages(voice: Voice, duty: Duty, lang: Lang) -> Html:
    if not duty.languages:
        return Html(voice.say(lang, "members.both-languages"))
    return Html(", ".join(voice.say(lang, LANGUAGE_NAMES[each]) for each in duty.languages))


def _duty_buttons(voice: Voice, duty: Duty, today: date, lang: Lang) -> Iterator[tuple[Button, ...]]:
    key, verb = ("members.button-off", "off") if duty.on_duty else ("members.button-on", "on")
    yield (Button(voice.plain(lang, key), data(Act.MEMBER, verb)),)
    for programme, page in voice.knowledge.programmes.items():
        shown = _marked(page.names[lang].button, on=duty.follows(programme))
        yield (Button(shown, data(Act.MEMBER, "programme", programme)),)
    everything = _marked(voice.plain(lang, "subscribe.all"), on=not duty.programmes)
    yield (Button(everything, data(Act.MEMBER, "programme", ALL)),)
    yield tuple(
        Button(_marked(voice.plain(lang, LANGUAGE_NAMES[each]), on=duty.speaks(each)), data(Act.MEMBER, "lang", each))
        for each in LANGUAGES
    )
    yield from _pause_buttons(voice, duty, today, lang)
    caps = [(voice.plain(lang, "members.cap", most=most), most) for most in CAPS]
    yield tuple(
        Button(_marked(text, on=duty.most_open == most), data(Act.MEMBER, "cap", NONE if most is None else most))
        for text, most in [*caps, (voice.plain(lang, "members.cap-none"), None)]
    )


def _pause_buttons(voice: Voice, duty: Duty, today: date, lang: Lang) -> Rows:
    pauses = tuple(Button(voice.plain(lang, key), data(Act.MEMBER, "pause", until)) for until, key in PAUSES.items())
    back = Button(voice.plain(lang, "members.pause-none"), data(Act.MEMBER, "pause", NONE))
    return (pauses, (back,)) if duty.away(today) else (pauses,)


def _marked(text: str, *, on: bool) -> str:
    return f"✅ {text}" if on else f"▫️ {text}"


def weekday(lang: Lang, on: date) -> str:
    """A day with its weekday: Monday 7 December 2026, lunedì 7 dicembre 2026."""
    return f"{format_date(on, 'EEEE', locale=lang)} {day_name(lang, on)}"


def pause_until(which: str, today: date) -> date | None:
    """The day somebody is back by the button of a pause; None: at once.

    Raises:
        KeyError: There is no such button.
    """
    days = {NONE: 0, TOMORROW: 1, MONDAY: 7 - today.weekday(), WEEK: 7}[which]
    return today + timedelta(days=days) if days else None
