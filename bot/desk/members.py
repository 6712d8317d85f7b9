"""Who belongs to the staff: one-time links, joining, the list of members, removing. What each takes on is next door."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from bot.clock import day_in
from bot.desk import duty
from bot.desk.staff import Room, StaffTurn
from bot.desk.staffroom import Staffroom
from bot.rules import buttons, memberships, replies
from bot.rules.buttons import Act, Tap
from bot.rules.duty import Duty
from bot.rules.letters import moment
from bot.rules.memberships import PAYLOAD, Colleague, OpenLink
from bot.rules.messages import Html, Lang, Message
from bot.rules.roles import Role
from bot.storage import members, staff, students
from bot.storage.members import HANDLE, INVITATION_LASTS
from bot.storage.outbox import ANSWER, Outgoing
from bot.storage.rows import DraftState, Student
from bot.storage.store import Transaction
from bot.storage.ticket_rows import Invitation, Member

Release = Callable[[StaffTurn, int], Awaitable[int]]
"""Gives back the open tickets of somebody who is removed; how many."""


@dataclass(frozen=True, slots=True)
class Press:
    """What a button asks for: the role it needs, and what follows its verb."""

    needs: Role
    does: Callable[[StaffTurn, tuple[str, ...]], Awaitable[bool]]


class Members(Room):
    """The room of who is staff.

    ``username`` says what Telegram calls the bot; ``release`` gives back the open tickets of somebody removed.
    """

    commands = dict.fromkeys(("invite", "staff"), Role.ADMIN) | {"tutor": Role.TUTOR}
    buttons = dict.fromkeys((Act.MEMBER,), Role.TUTOR)

    def __init__(self, staffroom: Staffroom, username: Callable[[], str], release: Release) -> None:
        self._staffroom, self._username, self._release = staffroom, username, release
        self._presses: Mapping[str, Press] = {
            "invite": Press(Role.ADMIN, self._invite_pressed),
            "revoke": Press(Role.ADMIN, self._revoke),
            "staff": Press(Role.ADMIN, self._staff_pressed),
            "remove": Press(Role.ADMIN, self._ask_removal),
            "removed": Press(Role.ADMIN, self._remove),
        } | {verb: Press(Role.TUTOR, self._duty_pressed) for verb in duty.CHANGES}

    async def commanded(self, turn: StaffTurn, name: str, argument: str) -> None:
        """They wrote ``/invite``, ``/staff`` or ``/tutor``."""
        if name == "invite":
            await self._invite(turn, argument.strip())
        elif name == "staff":
            turn.send(await self._staff_page(turn))
        else:
            await duty.commanded(turn, self._staffroom, argument.strip())

    async def tapped(self, turn: StaffTurn, tap: Tap) -> bool:
        """They pressed a button of one of those."""
        press = self._presses.get(tap.args[0]) if tap.args else None
        if press is None:
            return False
        if not turn.role.may(press.needs):
            turn.flash("staff.not-yours")
            return True
        return await press.does(turn, tap.args)

    # Links

    async def _invite(self, turn: StaffTurn, argument: str) -> None:
        role = memberships.INVITED_ROLES.get(argument.casefold())
        if role is None:
            turn.send(memberships.asked_role(turn.voice, INVITATION_LASTS, turn.lang, unknown=argument))
        else:
            await self._give_link(turn, role)

    async def _invite_pressed(self, turn: StaffTurn, args: tuple[str, ...]) -> bool:
        role = memberships.INVITED_ROLES.get(args[1]) if len(args) > 1 else None
        if role is not None:
            await self._give_link(turn, role)
        return role is not None

    async def _give_link(self, turn: StaffTurn, role: Role) -> None:
        await duty.known(turn, self._staffroom)  # so that whoever joins can be told who invited them
        token = await members.invite(turn.tx, role, turn.user_id, turn.now)
        address = memberships.link(self._username(), token)
        handle = members.digest_of(token)[:HANDLE]
        await turn.audit("invite", role, link=handle)
        until = turn.now + INVITATION_LASTS
        turn.send(memberships.invited(turn.voice, address, role, until, handle, turn.lang))
        drawn = b64encode(memberships.picture(address)).decode()
        turn.said.append(("photo", {"png": drawn, "caption": turn.voice.say(turn.lang, "members.picture")}, None))

    async def _revoke(self, turn: StaffTurn, args: tuple[str, ...]) -> bool:
        gone = await members.revoke(turn.tx, args[1]) if len(args) > 1 else None
        if gone is None:
            turn.flash("members.revoked-before")
        else:
            await turn.audit("revoke", gone.role, link=gone.digest[:HANDLE])
            turn.flash("members.revoked")
        if "list" in args:
            turn.show(await self._staff_page(turn))
        elif gone is not None:
            turn.show(Message(turn.voice.say(turn.lang, "members.revoked")))
        return True

    # Joining

    async def joined(self, turn: StaffTurn, payload: str) -> bool:
        """Somebody, staff or not, opened a one-time link."""
        if not payload.startswith(PAYLOAD):
            return False
        await members.by_turns(turn.tx)
        invited = await members.invitation(turn.tx, payload.removeprefix(PAYLOAD))
        role = self._staffroom.role(turn.user_id, await members.role(turn.tx, turn.user_id))
        if invited is not None and role.may(invited.role):
            self._refuse_known(turn, invited, role)
        elif invited and await members.join(turn.tx, invited, turn.user_id, turn.arrival.who.first_name, turn.now):
            await self._let_in(turn, invited, before=role)
        else:
            self._refuse_link(turn, invited)
        return True

    def _refuse_known(self, turn: StaffTurn, invited: Invitation, role: Role) -> None:
        """They are that already, or more: the link stays good for whoever it is meant for."""
        parts = [turn.voice.say(turn.lang, memberships.ALREADY[role])]
        if invited.used_at is None and invited.expires_at > turn.now:
            until = moment(turn.voice, invited.expires_at, turn.lang)
            parts.append(turn.voice.say(turn.lang, "members.link-stays", until=until))
        turn.send(Message(" ".join(parts)))

    def _refuse_link(self, turn: StaffTurn, invited: Invitation | None) -> None:
        if invited is None:
            turn.say("members.link-unknown")
        elif invited.used_at is not None:
            turn.say("members.link-used")
        else:
            turn.say("members.link-expired", until=moment(turn.voice, invited.expires_at, turn.lang))
        turn.say("members.link-new", desk=replies.DESK)

    async def _let_in(self, turn: StaffTurn, invited: Invitation, *, before: Role) -> None:
        name = turn.arrival.who.first_name
        await self._remember_language(turn)
        await turn.audit("join", invited.role, invited_by=invited.made_by)
        turn.said.append(("menu", {"commands": turn.voice.knowledge.words.commands(turn.lang, invited.role)}, None))
        if before is Role.STUDENT:
            turn.send(memberships.welcome(turn.voice, name, invited.role, turn.lang))
        else:
            turn.say("members.promoted", name=name)
        inviter = await self._inviter(turn.tx, invited.made_by)

        def told(lang: Lang) -> Message:
            who = Html(turn.voice.say(lang, "members.terminal")) if invited.made_by is None else inviter
            known = who if who is not None else Html(turn.voice.say(lang, "members.somebody"))
            return Message(turn.voice.say(lang, memberships.JOINED[invited.role], name=name, inviter=known))

        await self._tell_others(turn, "joined", told)

    async def _remember_language(self, turn: StaffTurn) -> None:
        """What they read is kept with what is known of everybody; who never wrote as a student is not known yet."""
        if await students.get(turn.tx, turn.user_id) is None:
            person = Student(user_id=turn.user_id, language=turn.lang, first_seen_at=turn.now, last_seen_at=turn.now)
            await students.save(turn.tx, person)

    async def _inviter(self, tx: Transaction, user_id: int | None) -> str | None:
        member = None if user_id is None else await members.get(tx, user_id)
        return member.name if member else None

    async def _tell_others(self, turn: StaffTurn, what: str, written: Callable[[Lang], Message]) -> None:
        key = f"update:{turn.arrival.update_id}:{what}"
        for chat in await self._staffroom.chats(turn.tx):
            if chat != turn.user_id:
                await self._staffroom.tell(turn.tx, key, written, turn.now, to=[chat])

    # The list of members

    async def _staff_page(self, turn: StaffTurn) -> Message:
        await duty.known(turn, self._staffroom)
        links = [
            OpenLink(
                handle=each.digest[:HANDLE],
                role=each.role,
                inviter=None if each.made_by is None else await self._inviter(turn.tx, each.made_by) or "?",
                until=each.expires_at,
            )
            for each in await members.open_invitations(turn.tx, turn.now)
        ]
        everybody = await self._colleagues(turn.tx)
        return memberships.staff_page(
            turn.voice, everybody, links, turn.user_id, day_in(turn.voice.zone, turn.now), turn.lang
        )

    async def _colleagues(self, tx: Transaction) -> list[Colleague]:
        """Everybody of the staff, admins first; those of the settings too who have never written."""
        claimed = await members.claimed(tx)
        kept = {member.user_id: member for member in await members.everybody(tx)}
        found = [self._colleague(who, member, claimed.get(who, 0)) for who, member in kept.items()]
        found += [self._colleague(who, None, 0) for who in sorted(self._staffroom.admins - set(kept))]
        return sorted(found, key=lambda each: each.role is not Role.ADMIN)

    def _colleague(self, user_id: int, member: Member | None, tickets: int) -> Colleague:
        name = member.name if member else str(user_id)
        return Colleague(
            user_id=user_id,
            name=name,
            role=self._staffroom.role(user_id, member.role if member else None),
            duty=members.duty_of(member) if member else Duty(user_id, name),
            tickets=tickets,
            since=member.since if member else None,
            settled=user_id in self._staffroom.admins,
        )

    async def _duty_pressed(self, turn: StaffTurn, args: tuple[str, ...]) -> bool:
        return await duty.pressed(turn, self._staffroom, args)

    async def _staff_pressed(self, turn: StaffTurn, args: tuple[str, ...]) -> bool:
        del args
        turn.show(await self._staff_page(turn))
        return True

    async def _ask_removal(self, turn: StaffTurn, args: tuple[str, ...]) -> bool:
        found = await self._removable(turn, args)
        if found:
            turn.show(memberships.removal(turn.voice, found, turn.lang))
        return True

    async def _remove(self, turn: StaffTurn, args: tuple[str, ...]) -> bool:
        """They confirmed that somebody is removed."""
        await members.by_turns(turn.tx)
        if not await self._staffroom.is_admin(turn.tx, turn.user_id):  # removed by the other one, a moment ago
            turn.flash("staff.not-yours")
            return True
        found = await self._removable(turn, args)
        if found is None:
            return True
        if found.since is None or [str(int(found.since.timestamp()))] != list(args[2:3]):
            return False  # they left and joined anew since the question was asked
        released = await self._release(turn, found.user_id)
        await members.remove(turn.tx, found.user_id)
        writing = await self._stop_writing(turn, found.user_id)
        await turn.audit("remove", str(found.user_id), role=found.role, tickets=released)
        await self._tell_removed(turn, found, released, writing=writing)
        turn.show(memberships.removed(turn.voice, found.name, released, turn.lang))
        return True

    async def _removable(self, turn: StaffTurn, args: tuple[str, ...]) -> Colleague | None:
        """The colleague a button names; None: they cannot be removed, and why is said."""
        user_id = buttons.number(args[1]) if len(args) > 1 else 0
        everybody = await self._colleagues(turn.tx)
        found = next((each for each in everybody if each.user_id == user_id), None)
        if found is None:
            turn.flash("members.removed-before")
            turn.show(await self._staff_page(turn))
        elif found.settled:
            turn.flash("members.remove-settings", name=found.name)
        elif user_id == turn.user_id:
            admins = [each for each in everybody if each.role is Role.ADMIN]
            turn.flash("members.remove-self" if len(admins) > 1 else "members.remove-last")
        else:
            return found
        return None

    async def _stop_writing(self, turn: StaffTurn, user_id: int) -> bool:
        """What somebody was in the middle of is given up; False: nothing."""
        found = False
        while draft := await staff.unsettled(turn.tx, user_id, turn.now):
            await staff.settle(turn.tx, int(draft.id or 0), DraftState.CANCELLED)
            found = True
        return found

    async def _tell_removed(self, turn: StaffTurn, gone: Colleague, released: int, *, writing: bool) -> None:
        lang = await self._staffroom.language(turn.tx, gone.user_id)
        said = memberships.told_removed(turn.voice, lang, released=released, writing=writing)
        key = f"update:{turn.arrival.update_id}:removed:{gone.user_id}"
        turn.post(
            Outgoing(f"{key}:said", gone.user_id, "send", said.carried(), ANSWER, turn.now),
            Outgoing(f"{key}:menu", gone.user_id, "menu", {"commands": {}}, ANSWER, turn.now),
        )
        who = await self._inviter(turn.tx, turn.user_id) or str(turn.user_id)

        def told(lang: Lang) -> Message:
            return Message(turn.voice.say(lang, "members.removed-by", name=gone.name, who=who))

        await self._tell_others(turn, "removed", told)
