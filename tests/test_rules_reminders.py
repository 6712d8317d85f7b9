"""When a day is spoken of, and what a changed plan makes of the days that are kept."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from bot.rules.deadlines import Personal, What
from bot.rules.letters import Voice
from bot.rules.messages import LANGS, Lang, plain
from bot.rules.programmes import Programme
from bot.rules.reminders import DAYS_BEFORE, Fate, Kept, followed, message, overdue, reminders, ticked, upcoming
from tests.book import NOW, ROME, assert_sound, assert_tags_close_on_their_line, keys, knowledge

VOICE = Voice(knowledge(), ROME)
DAY = date(2027, 6, 1)
APPLY = Personal(Programme.FREE_MOVER, What.APPLY_BY, DAY)
REPORT = Personal(Programme.ELECTIVE_INTERNSHIP, What.REPORT, date(2027, 9, 14))
KEPT = Kept(Programme.FREE_MOVER, What.APPLY_BY, DAY, id=5, remind_at=datetime(2027, 5, 2, 7, tzinfo=UTC))


def test_a_day_is_spoken_of_five_times_at_nine_in_milan() -> None:
    found = reminders(What.APPLY_BY, DAY, ROME)
    assert [each.days_before for each in found] == list(DAYS_BEFORE) == [30, 14, 7, 1, 0]
    assert {each.at.astimezone(ROME).hour for each in found} == {9}
    assert [(DAY - each.at.astimezone(ROME).date()).days for each in found] == [30, 14, 7, 1, 0]
    assert [each.ends for each in found[:-1]] == [each.at for each in found[1:]]
    assert found[-1].ends == datetime(2027, 6, 1, 22, tzinfo=UTC)


def test_that_a_programme_opens_to_somebody_is_said_once_and_stays_news_for_a_month() -> None:
    (only,) = reminders(What.QUALIFIES, date(2027, 10, 1), ROME)
    assert (only.days_before, only.at) == (0, datetime(2027, 10, 1, 7, tzinfo=UTC))
    assert only.ends.astimezone(ROME).date() == date(2027, 10, 31)


@pytest.mark.parametrize("on", [date(2027, 3, 28), date(2027, 10, 31), date(2028, 3, 26)])
def test_nine_is_nine_when_the_clocks_change(on: date) -> None:
    assert {each.at.astimezone(ROME).hour for each in reminders(What.REPORT, on, ROME)} == {9}


def test_the_next_reminder_is_the_first_that_is_still_to_come() -> None:
    def at(days: int, hour: int) -> datetime:
        return datetime(2027, 6, 1, hour, tzinfo=ROME) - timedelta(days=days)

    for now, following in ((at(40, 9), 30), (at(30, 8), 30), (at(30, 9), 14), (at(2, 12), 1), (at(0, 8), 0)):
        assert upcoming(What.APPLY_BY, DAY, ROME, now) == at(following, 9).astimezone(UTC), now
    assert upcoming(What.APPLY_BY, DAY, ROME, at(0, 9)) is None


def test_of_several_missed_the_latest_is_due_and_none_once_the_day_is_over() -> None:
    def due(now: datetime) -> int | None:
        found = overdue(What.APPLY_BY, DAY, ROME, now)
        return found.days_before if found else None

    assert due(datetime(2027, 5, 2, 6, 59, tzinfo=UTC)) is None
    assert due(datetime(2027, 5, 2, 7, tzinfo=UTC)) == 30
    assert due(datetime(2027, 5, 26, 7, tzinfo=UTC)) == 7
    assert due(datetime(2027, 6, 1, 21, 59, tzinfo=UTC)) == 0
    assert due(datetime(2027, 6, 1, 22, tzinfo=UTC)) is None


# What a changed plan makes of what is kept


def test_what_a_plan_leads_to_first_is_kept_with_its_next_reminder() -> None:
    apply_by, report = followed([], [APPLY, REPORT], ROME, NOW)
    assert apply_by == replace(KEPT, id=0)
    assert (report.what, report.sequence, report.state) == (What.REPORT, 0, Fate.OPEN)


def test_what_has_not_changed_is_left_alone_even_while_a_reminder_is_due() -> None:
    assert followed([KEPT], [APPLY], ROME, NOW) == ()
    late = datetime(2027, 5, 2, 7, 0, 3, tzinfo=UTC)
    assert followed([KEPT], [APPLY], ROME, late) == ()


def test_a_day_that_moves_counts_up_and_is_planned_anew() -> None:
    (moved,) = followed([KEPT], [replace(APPLY, on=date(2027, 7, 1))], ROME, NOW)
    assert (moved.id, moved.on, moved.sequence, moved.state) == (5, date(2027, 7, 1), 1, Fate.OPEN)
    assert moved.remind_at == datetime(2027, 6, 1, 7, tzinfo=UTC)


def test_a_day_that_vanishes_is_gone_and_comes_back_open() -> None:
    (gone,) = followed([KEPT], [], ROME, NOW)
    assert (gone.state, gone.sequence, gone.remind_at, gone.on) == (Fate.GONE, 1, None, DAY)
    assert followed([gone], [], ROME, NOW) == ()
    (back,) = followed([gone], [APPLY], ROME, NOW)
    assert (back.state, back.sequence, back.remind_at) == (Fate.OPEN, 2, KEPT.remind_at)


def test_what_is_done_stays_done_unless_its_day_moves() -> None:
    done = replace(KEPT, state=Fate.DONE, remind_at=None)
    assert followed([done], [APPLY], ROME, NOW) == ()
    assert followed([done], [], ROME, NOW) == ()
    (again,) = followed([done], [replace(APPLY, on=date(2027, 7, 1))], ROME, NOW)
    assert (again.state, again.sequence) == (Fate.OPEN, 1)
    assert again.remind_at is not None


def test_a_day_that_is_over_stays_as_it_was() -> None:
    assert followed([KEPT], [], ROME, datetime(2027, 6, 2, 7, tzinfo=UTC)) == ()


def test_what_was_silenced_is_spoken_of_again_once_it_is_wanted_again() -> None:
    (again,) = followed([replace(KEPT, remind_at=None)], [APPLY], ROME, NOW)
    assert again == KEPT


# What is written


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("what", What)
def test_a_reminder_is_true_on_the_day_it_arrives(what: What, lang: Lang) -> None:
    kept = replace(KEPT, what=what)
    texts = set()
    for days in (30, 2, 1, 0, -1):
        sent = message(VOICE, kept, DAY - timedelta(days=days), lang)
        assert_sound(sent)
        assert_tags_close_on_their_line(sent.text)
        assert "<b>Free Mover</b>" in sent.text
        assert (f" {days} " in sent.text) == (days in {30, 2}) or days == 1, sent.text
        texts.add(sent.text)
    assert len(texts) == 4
    done = [] if what is What.QUALIFIES else ["1|v|5"]
    assert [key.data for key in keys(sent)] == [*done, "1|o|free-mover.how-to-apply", "1|e"]


def test_what_is_done_says_what_it_was() -> None:
    done = ticked(VOICE, KEPT, "en")
    assert plain(done.text) == "✅ Free Mover: apply by 1 June 2027"
    assert [(key.text, key.data) for key in keys(done)] == [("↩️ Not done yet", "1|v|5|undo")]
