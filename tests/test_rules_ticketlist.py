"""The lists staff read: tickets, colleagues, answers of the FAQ."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

import pytest

from bot.rules import ticketlist
from bot.rules.answers import DeskAnswer, Either, Phrases
from bot.rules.buttons import Act, data
from bot.rules.letters import Voice
from bot.rules.messages import LANGS, Lang, Message, plain
from bot.rules.tickets import State
from tests.book import NOW, ROME, assert_sound, keys, knowledge

VOICE = Voice(knowledge(), ROME)


@dataclass(frozen=True)
class Ticket:
    """A ticket as a list looks at it."""

    id: int = 12
    programme: str | None = "free-mover"
    state: State = State.NEW
    claimer: int | None = None
    created_at: datetime = datetime(2026, 11, 22, 8, tzinfo=UTC)


@dataclass(frozen=True)
class Colleague:
    """A member of staff as a list looks at them."""

    user_id: int
    name: str


def listed(
    mine: list[Ticket], free: list[Ticket], others: list[Ticket], names: dict[int, str], lang: Lang = "en"
) -> Message:
    message = ticketlist.page(VOICE, mine, free, others, names, NOW, lang)
    for part in message.parts():
        assert_sound(part)
    return message


def test_tickets_are_told_by_whose_they_are() -> None:
    mine = Ticket(state=State.CLAIMED, claimer=7, created_at=NOW - timedelta(days=3))
    others = Ticket(14, None, State.WAITING, 8)
    message = listed([mine], [Ticket(13)], [others], {7: "Carla", 8: "<Otto>"})
    assert plain(message.text).split("\n") == [
        "Yours (1)",
        "#12 · Free Mover · 🟡 claimed by Carla · 3 d ago",
        "",
        "Waiting for somebody (1)",
        "#13 · Free Mover · 🔵 waits for somebody · today",
        "",
        "With colleagues (1)",
        "#14 · 🟠 <Otto> waits for the student · today",
    ]
    assert [(key.text, key.data) for key in keys(message)] == [
        (f"#{number}", data(Act.TICKET, number, "card")) for number in (12, 13, 14)
    ]


@pytest.mark.parametrize("lang", LANGS)
def test_no_ticket_is_said_in_a_sentence(lang: Lang) -> None:
    assert not listed([], [], [], {}, lang).buttons


@pytest.mark.parametrize("lang", LANGS)
def test_of_many_tickets_the_first_are_named_and_the_rest_counted(lang: Lang) -> None:
    many = [Ticket(number) for number in range(1, 41)]
    message = listed(many, many, many, {}, lang)
    assert len(list(keys(message))) == 3 * ticketlist.MOST_LISTED
    assert message.text.count("25") == 3


@pytest.mark.parametrize("lang", LANGS)
def test_a_ticket_is_given_to_a_colleague_or_back_to_everybody(lang: Lang) -> None:
    others = [Colleague(8, "<Otto>"), Colleague(2**62, "Zoe")]
    taken = ticketlist.colleagues(VOICE, 12, others, lang, free=False)
    free = ticketlist.colleagues(VOICE, 12, others, lang, free=True)
    for message in (taken, free):
        assert_sound(message)
    assert next(iter(keys(taken))).data == data(Act.TICKET, 12, "release")
    assert [key.data for key in keys(free)] == [data(Act.TICKET, 12, "to", each.user_id) for each in others]
    assert VOICE.say(lang, "ticket.or-give-to") in free.text
    alone = ticketlist.colleagues(VOICE, 12, [], lang, free=True)
    assert alone.text == VOICE.say(lang, "ticket.released", number="#12")


@pytest.mark.parametrize("lang", LANGS)
def test_the_answers_of_the_faq_have_a_button_each(lang: Lang) -> None:
    labels = ["thesis-no-scholarship.how-to-apply", "general.desk", "desk.7"]
    visa = DeskAnswer(
        id=7, title=Either(en="A <visa> & more"), says=Either(en="Yes."), phrases=Phrases(en=("visa",)),
        answered_on=date(2026, 11, 8),
    )  # fmt: skip
    voice = Voice(replace(knowledge(), desk={7: visa}), ROME)
    message = ticketlist.answers(voice, 999_999, labels, lang)
    assert_sound(message)
    assert "• A <visa> & more" in plain(message.text)
    assert [key.data for key in keys(message)] == [data(Act.TICKET, 999_999, "send", label) for label in labels]
    assert not ticketlist.answers(VOICE, 12, [], lang).buttons
