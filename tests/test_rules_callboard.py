"""What staff read about calls: in both languages, within Telegram's measure, with buttons that can be read back."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.rules import callboard
from bot.rules.alerts import Kind, Letter, Planned, alerts, anchor, repair
from bot.rules.callboard import Deed, Delivery, Reach
from bot.rules.calls import Call, Dates
from bot.rules.letters import Voice
from bot.rules.messages import LANGS, LONGEST_TEXT, Html, Lang, Message, length, plain
from bot.rules.plan import Fault
from bot.rules.programmes import Programme
from bot.rules.reports import FATES
from tests import book
from tests.deskside import NOW, ROME, local

VOICE = Voice(book.knowledge(), ROME)
TODAY = NOW.date()
WINTER = Call(
    Programme.THESIS_NO_SCHOLARSHIP,
    Dates(local(2027, 1, 15), local(2027, 2, 15, 12), closes_hour=True),
    link="https://x.it/" + "&" * 287,
    note="<" * 300,
    id=12,
    name="thesis-no-scholarship:2026",
)
MOVED = WINTER.moved(Dates(local(2027, 1, 10, 14), local(2027, 2, 3), opens_hour=True))
REPORT = {"recipients": 9} | dict.fromkeys(FATES, 0)


def standing(call: Call) -> list[Planned]:
    return [
        Planned(at, each.kind, each.due_at, anchor(each.kind, call), waiting=True, ended=False)
        for at, each in enumerate(alerts(call, ROME, NOW))
    ]


def became(lang: Lang, before: Call = WINTER, after: Call = MOVED) -> str:
    return callboard.becomes(VOICE, repair(after, standing(before), ROME, NOW), standing(before), NOW, lang)


def texts(lang: Lang) -> list[str]:
    reach = Reach(3000)
    return [
        callboard.announcement(VOICE, WINTER, reach, NOW, lang),
        callboard.announced(VOICE, WINTER, alerts(WINTER, ROME, NOW), reach, NOW, lang),
        callboard.announced_before(VOICE, WINTER, MOVED, lang),
        callboard.announced_before(VOICE, WINTER, WINTER, lang),
        callboard.move(VOICE, WINTER, MOVED, reach, became(lang), lang),
        callboard.moved(VOICE, MOVED, reach, became(lang), lang),
        callboard.withdrawal(VOICE, WINTER, reach, 5, lang),
        callboard.withdrawn(VOICE, WINTER, reach, 5, lang),
    ]


@pytest.mark.parametrize("lang", LANGS)
def test_every_step_fits_into_one_message(lang: Lang) -> None:
    for text in texts(lang):
        book.assert_sound(Message(text))
        assert length(text) <= LONGEST_TEXT
        assert "thesis" in plain(text).lower() or "tesi" in plain(text).lower()


@pytest.mark.parametrize("lang", LANGS)
def test_what_students_read_is_shown_in_both_languages_whatever_staff_read(lang: Lang) -> None:
    for text in (texts(lang)[0], texts(lang)[4], texts(lang)[6]):
        assert "In English" in text
        assert "In italiano" in text


@pytest.mark.parametrize("lang", LANGS)
def test_how_many_and_how_long(lang: Lang) -> None:
    shown = [text for text in texts(lang) if "3000" in text]
    assert len(shown) == 6
    assert all("2 min" in text for text in shown)


def test_what_becomes_of_the_alerts_is_listed_in_the_order_of_their_moments() -> None:
    head, *lines = plain(became("en")).split("\n")
    assert head == "Alerts"
    opening, fourteen, seven, one, day = lines
    assert "10 January 2027, 14:00" in opening
    assert "15 January 2027, 09:00" in opening
    assert fourteen.startswith("• 14 days left: 19 January 2027")
    assert [line.partition(":")[0] for line in (seven, one, day)] == ["• 7 days left", "• 1 day left", "• closing day"]


def test_an_alert_may_stay_come_anew_or_be_taken_back() -> None:
    late = WINTER.moved(replace(WINTER.dates, opens_at=local(2027, 1, 20)))
    assert "as before" in became("en", after=late)
    longer = WINTER.moved(replace(WINTER.dates, closes_at=local(2027, 6, 15)))
    shown = callboard.becomes(VOICE, repair(longer, [], ROME, NOW), [], NOW, "en")
    assert shown.count("(new)") == 5
    assert became("en", after=WINTER.taken_back()).count("taken back") == 5
    assert callboard.becomes(VOICE, repair(WINTER.taken_back(), [], ROME, NOW), [], NOW, "en") == ""


def test_another_link_moves_no_dates() -> None:
    amended = replace(WINTER, link="https://x.it/new", note="").moved(WINTER.dates)
    shown = callboard.move(VOICE, WINTER, amended, Reach(0), "", "en")
    assert "The dates stay" in shown
    assert "https://x.it/new" in shown
    assert "told" not in shown
    assert "<b>3</b>" in callboard.move(VOICE, WINTER, amended, Reach(3), "", "en")
    assert "told" not in callboard.moved(VOICE, amended, Reach(0), "", "en")


def test_where_nobody_was_told_no_number_is_shown() -> None:
    assert "Nobody who still follows it has been told" in callboard.moved(VOICE, MOVED, Reach(0), "", "en")


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("act", ["announce", "move", "withdraw"])
def test_a_fault_comes_with_a_form_that_can_be_copied(lang: Lang, act: str) -> None:
    fault = Fault("staff.fault.programme", {"value": "free-movre", "list": "…"})
    message = callboard.refused(VOICE, fault, act, "#3", TODAY, lang)
    book.assert_sound(message)
    assert f"<code>/{act} free-mover" in message.text
    other = callboard.refused(VOICE, Fault("staff.fault.two-dates", {}), act, "#3", TODAY, lang)
    assert f"<code>/{act} #3" in other.text


def test_the_choice_has_a_button_for_each_call_and_one_to_give_up() -> None:
    message = callboard.choice(VOICE, [WINTER, replace(MOVED, id=13)], 9_999_999_999, "move", "en")
    book.assert_sound(message)
    data = [row[0].data for row in message.buttons]
    assert data == ["1|z|9999999999|pick|12", "1|z|9999999999|pick|13", "1|z|9999999999|cancel"]


def test_two_buttons_share_a_row_and_three_do_not() -> None:
    assert [len(row) for row in callboard.keys(VOICE, 1, "en", "confirm", "cancel")] == [2]
    assert [len(row) for row in callboard.keys(VOICE, 1, "en", "move", "new", "cancel")] == [1, 1, 1]
    captions = {lang: callboard.keys(VOICE, 1, lang, "confirm")[0][0].text for lang in LANGS}
    assert captions == {"en": "Confirm", "it": "Conferma"}


def test_dates_are_asked_for_with_an_example_of_days_to_come() -> None:
    message = callboard.asked_dates(VOICE, WINTER, 3, TODAY, "en")
    book.assert_sound(message)
    assert "<code>2026-12-15 2027-01-15T12:00</code>" in message.text


ME, OTHER = 900, 901


def listed(gone: list[Delivery], ahead: list[Delivery], deeds: list[Deed], lang: Lang = "en") -> str:
    message = callboard.deliveries(VOICE, gone, ahead, deeds, NOW, ME, lang)
    book.assert_sound(message)
    assert message.buttons == ()
    return message.text


def deed(act: str, what: str = "Free Mover (#3)", who: int = ME, *, cancelled: bool = False) -> Deed:
    return Deed(NOW, who, act, Html(what), cancelled)


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("state", callboard.STATES)
def test_deliveries_say_the_state_and_the_numbers(lang: Lang, state: str) -> None:
    gone = Delivery(Kind.OPENING, "free-mover", {}, state, NOW, REPORT | {"delivered": 7, "failed": 2})
    ahead = Delivery(Letter.BROADCAST, None, {"texts": {"en": "<b>Dear</b> all"}}, "planned", NOW, REPORT)
    text = listed([gone], [ahead], [], lang)
    assert ": 7 · " in text
    assert "Dear all" in text
    assert "• 01/12 10:00 · Free Mover" in text


def test_what_staff_did_is_said_in_words() -> None:
    deeds = [deed("move"), deed("withdraw", who=OTHER), deed("announce", "Free Mover", cancelled=True),
             deed("broadcast", "Broadcast “&lt;x&gt;”"), deed("<old>", "-")]  # fmt: skip
    lines = plain(listed([], [], deeds)).split("\n")
    assert [line.removeprefix("• 01/12 10:00 · ") for line in lines if line.startswith("• ")] == [
        "you · moved: Free Mover (#3)", "901 · withdrawn: Free Mover (#3)", "you · given up: announcing Free Mover",
        "you · confirmed: Broadcast “<x>”", "you · <old>: -",
    ]  # fmt: skip
    assert lines[-1] == "All times are Milan time."


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("act", callboard.DEEDS)
def test_every_deed_has_words(lang: Lang, act: str) -> None:
    assert "Free Mover (#3)" in listed([], [], [deed(act)], lang)
    assert f"{act}:" not in listed([], [], [deed(act)], "it")


def test_a_call_is_named_as_far_as_it_is_known() -> None:
    assert callboard.thing(VOICE, "thesis-no-scholarship:2026", WINTER, "en") == (
        "Thesis abroad without scholarship (#12)"
    )
    assert callboard.thing(VOICE, "free-mover:2026", None, "en") == "Free Mover"
    assert callboard.thing(VOICE, "-", None, "it") == "un bando"


def test_what_was_dropped_has_no_numbers() -> None:
    shown = listed([Delivery(Kind.OPENING, "free-mover", {}, "dropped", NOW, REPORT | {"recipients": 0})], [], [])
    assert "dropped" in shown
    assert "delivered" not in shown
    assert shown.count("– nothing") == 2


def test_what_nobody_followed_says_so_and_nothing_else() -> None:
    later = NOW.replace(year=2027)
    shown = listed([Delivery(Kind.OPENING, "free-mover", {}, "done", later, REPORT | {"recipients": 0})], [], [])
    assert "• 01/12/2027 10:00 · Free Mover: the call is open: nobody followed it" in shown
    assert "delivered" not in shown


@pytest.mark.parametrize("lang", LANGS)
def test_the_same_dates_are_shown_once(lang: Lang) -> None:
    shown = plain(callboard.announced_before(VOICE, WINTER, WINTER, lang))
    assert shown.count("2027") == 2
    assert "\n" not in shown
