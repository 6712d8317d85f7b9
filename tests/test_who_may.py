"""Who may do what, held against the routing itself: a new command or button is in the matrix here, or a test fails."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import pytest

from bot.app import Desk
from bot.desk.arrival import Arrival, Kind, Who
from bot.rules.buttons import RELEASE, Act
from bot.rules.roles import Role
from bot.rules.turn import COMMANDS, TAPS
from bot.storage import members
from bot.storage.ticket_rows import Member
from tests.desks import build_desk, outbox_of, url_in
from tests.scene import StillClock

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
EVERYBODY, STAFF, ADMINS = tuple(Role), (Role.TUTOR, Role.ADMIN), (Role.ADMIN,)
MAY_WRITE: dict[str, tuple[Role, ...]] = {
    "start": EVERYBODY,
    "plan": EVERYBODY,
    "programmes": EVERYBODY,
    "calls": EVERYBODY,
    "subscribe": EVERYBODY,
    "unsubscribe": EVERYBODY,
    "reminders": EVERYBODY,
    "calendar": EVERYBODY,
    "human": EVERYBODY,
    "language": EVERYBODY,
    "mydata": EVERYBODY,
    "forget": EVERYBODY,
    "help": EVERYBODY,
    "cancel": EVERYBODY,
    "tutor": STAFF,
    "tickets": STAFF,
    "claim": STAFF,
    "reply": STAFF,
    "transfer": STAFF,
    "close": STAFF,
    "stats": STAFF,
    "announce": ADMINS,
    "move": ADMINS,
    "withdraw": ADMINS,
    "broadcast": ADMINS,
    "deliveries": ADMINS,
    "invite": ADMINS,
    "staff": ADMINS,
    "faq": ADMINS,
    "reload": ADMINS,
}
"""Every command of the program, and who may use it."""
MAY_PRESS: dict[Act, tuple[Role, ...]] = dict.fromkeys(
    (
        Act.OPEN, Act.PICK, Act.COMMAND, Act.REPLY, Act.CHANGE, Act.MONTH, Act.DAY, Act.REJECT, Act.SPEAK, Act.FORGET,
        Act.FOLLOW, Act.TOGGLE, Act.KIND, Act.HOURS, Act.KEEP, Act.TICK, Act.RESUME, Act.PERSON, Act.MINE, Act.BLANK,
    ),
    EVERYBODY,
) | {
    Act.DRAFT: STAFF,
    Act.TICKET: STAFF,
    Act.MEMBER: STAFF,
    Act.STATS: STAFF,
    Act.CANDIDATE: STAFF,
    Act.MAILING: ADMINS,
    Act.PROPOSAL: ADMINS,
}  # fmt: skip
"""Every button, and who may press it; drafts are their makers' alone, some of members and candidates the admins'."""
PEOPLE = {
    "a student": (Who(1, "en", "Sam"), Role.STUDENT),
    "a tutor": (Who(2, "en", "Tea"), Role.TUTOR),
    "an admin who was invited": (Who(3, "en", "Ira"), Role.ADMIN),
    "an admin of the settings": (Who(4, "en", "Set"), Role.ADMIN),
    "a tutor who was removed": (Who(5, "en", "Rem"), Role.STUDENT),
}
REFUSAL = "is for the people of the desk"


class Hall:
    """The whole desk, and everybody who might come."""

    def __init__(self, desk: Desk) -> None:
        self.desk, self.updates = desk, count(1)

    async def refused(self, who: Who, arrival_kind: Kind, **what: object) -> bool:
        """Let somebody do something; whether they are told that it is not theirs."""
        number = next(self.updates)
        before = len(await outbox_of(self.desk.store))
        toast = await self.desk.reception.receives(Arrival(number, who, arrival_kind, message_id=7, **what))  # type: ignore[arg-type]
        said = [row for row in (await outbox_of(self.desk.store))[before:] if row.chat_id == who.user_id]
        return any(REFUSAL in text for text in (toast or "", *(str(row.payload.get("text", "")) for row in said)))


@pytest.fixture
async def hall(tmp_path: Path) -> AsyncIterator[Hall]:
    desk = build_desk(url_in(tmp_path), StillClock(NOW), admin_ids=frozenset({4}))
    await desk.store.open()
    async with desk.store.transaction() as tx:
        for number, role, name in ((2, Role.TUTOR, "Tea"), (3, Role.ADMIN, "Ira"), (5, Role.TUTOR, "Rem")):
            await members.save(tx, Member(user_id=number, role=role, name=name, programmes=[], languages=[], since=NOW))
        await members.remove(tx, 5)
    yield Hall(desk)
    await desk.store.close()


async def test_the_matrix_names_every_command_and_every_button(hall: Hall) -> None:
    staff = hall.desk.staff
    assert set(MAY_WRITE) == set(COMMANDS) | set(staff.commands)
    assert not set(COMMANDS) & set(staff.commands)
    assert set(MAY_PRESS) == set(Act) == set(TAPS) | set(staff.buttons) | {Act.COMMAND}
    assert {name: MAY_WRITE[name][0] for name in staff.commands} == staff.commands
    assert {act: MAY_PRESS[act][0] for act in staff.buttons} == staff.buttons


@pytest.mark.parametrize("whom", PEOPLE)
async def test_commands_are_refused_by_the_matrix(hall: Hall, whom: str) -> None:
    who, role = PEOPLE[whom]
    for name, may in MAY_WRITE.items():
        for written in (name, name.upper()):
            assert await hall.refused(who, Kind.COMMAND, name=written) == (role not in may), f"/{written} of {whom}"


@pytest.mark.parametrize("whom", PEOPLE)
async def test_buttons_are_refused_by_the_matrix(hall: Hall, whom: str) -> None:
    who, role = PEOPLE[whom]
    for act, may in MAY_PRESS.items():
        packed = f"{RELEASE}|{act}|999|confirm"
        assert await hall.refused(who, Kind.TAP, data=packed) == (role not in may), f"{act.name} of {whom}"


async def test_what_every_member_reads_in_their_menu_is_what_they_may_write(hall: Hall) -> None:
    words = hall.desk.reception._voice.knowledge.words
    for role in Role:
        menu = set(words.commands("en", role))
        assert menu == set(words.commands("it", role))
        assert menu == {name for name, may in MAY_WRITE.items() if role in may}
