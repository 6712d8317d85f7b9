"""What a witness of a village holds against the desk: who may read a word, who must have read it in the end.

It goes by what people did, what they were shown and what the tables hold, not by the code that decides.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

from bot.rules.tickets import MOVES, Act, Hand
from tests.village import ANNA, NAMES, PEOPLE, TUTORS, WORD, Letter, Stand, Village

FORGETS = timedelta(hours=20)
"""After so long admins may have been told that somebody waits."""
FINAL = {"new": "waits for somebody", "claimed": "claimed by {}", "waiting": "{} waits for the student",
         "answered": "answered by {}", "closed": "closed"}  # fmt: skip
BUTTONS = {"claim": Act.CLAIM, "reply": Act.REPLY, "close": Act.CLOSE, "reopen": Act.REOPEN, "transfer": Act.HAND_OVER}
RECEIPTS = {"sent": "has arrived", "failed": "Telegram refused", "blocked": "has blocked the bot"}


@dataclass
class Word:
    """One text or file, known by a word that nothing else carries. Without tickets it is between them and the bot."""

    author: int
    born: int
    side: str = "student"
    tickets: set[int] = field(default_factory=set)
    file: bool = False
    replaced: bool = False
    fresh: bool = True
    """Whether it was written anew, and not put in another's place."""


class Witness:
    """Watches a village; whatever is wrong is in ``faults``."""

    def __init__(self) -> None:
        self.village: Village
        self.words: dict[str, Word] = {}
        self.circle: dict[int, set[int]] = {}
        """Who of the staff may know of a ticket."""
        self.readers: dict[str, set[int]] = {}
        """In whose chats a word was ever shown: those of a tutor who is removed say no more then."""
        self.students: dict[int, int] = {}
        self.stands: dict[int, Stand] = {}
        self.waits_since: dict[int, float] = {}
        self.moment = 0
        self.left_at: dict[int, int] = {}
        self.staff: set[int] = set()
        self.gone: set[int] = set()
        """Who has deleted everything of theirs, after which nothing in their chat can be changed."""
        self.faults: list[str] = []
        self.story: list[str] = []

    def fault(self, what: str) -> None:
        self.faults.append(f"{what}, after {self.story[-3:]}")

    # what is shown

    def saw(self, chat: int, letter: Letter) -> None:
        """Something of the bot's is shown in a chat: every word of it has to be one its owner may read."""
        for word in letter.words:
            self.readers.setdefault(word, set()).add(chat)
            if not self.may_read(word, chat):
                known = self.words.get(word)
                self.fault(f"{NAMES[chat]} reads {word} of {known}: {letter.text[-200:]!r}")

    def may_read(self, word: str, chat: int) -> bool:
        known = self.words.get(word)
        if known is None or known.author == chat:
            return known is not None
        if self.left_at.get(chat, self.moment) < known.born and chat not in self.askers(known):
            return False
        numbers = known.tickets
        if known.side == "student" and not numbers:
            numbers = {number for number, student in self.students.items() if student == known.author}
        inside = any(chat in self.circle.get(number, ()) for number in numbers)
        return inside or (known.side == "tutor" and chat in self.askers(known))

    def askers(self, known: Word) -> set[int]:
        return {self.students[number] for number in known.tickets} if known.side == "tutor" else set()

    # what is done

    async def wrote(self, word: str, person: int, told: str, *, file: bool = False, expect: int = 0) -> None:
        """Somebody wrote a word: what they were told of it has to be what became of it."""
        known = self.words[word] = Word(person, self.moment, file=file)
        found = await self.village.rows("SELECT * FROM entry WHERE text LIKE :word", word=f"%{word}%")
        for row in found:
            number = row["ticket_id"]
            known.tickets.add(number)
            known.side = row["who"]
            if row["author_id"] != person and person not in self.gone:
                self.fault(f"{word} of {person} is said to be of {row['author_id']}")
            if row["who"] == "student" and self.stands[number].student != person:
                self.fault(f"{word} of {person} is on {number}, which is not theirs")
            if row["who"] == "tutor" and self.stands[number].student == person:
                self.fault(f"{person} answers their own ticket")
            if f"#{number}" not in told:
                self.fault(f"{word} of {person} went to #{number}, and nobody said so: {told[:200]}")
        with_it = {
            each.number for each in self.stands.values() if each.into in known.tickets and each.state != "closed"
        }
        wanting = {each for each in with_it if self.stands[each].student != person} - known.tickets
        if known.side == "tutor" and not any(row["asks"] for row in found) and wanting:
            self.fault(f"{word} of {person} is not on {wanting}, which ask the same")
        if expect and expect not in known.tickets and not told:
            self.fault(f"{word} of {person} for #{expect} vanished without a word")
        if found and expect and expect not in known.tickets:
            self.fault(f"{word} of {person} for #{expect} went to {known.tickets}")

    async def went(self, word: str, person: int, number: int, message: int) -> None:
        """A student's reply to what the desk told them of their own ticket goes to that."""
        known = await self.village.rows(
            "SELECT key FROM outbox WHERE chat_id = :chat AND message_id = :message", chat=person, message=message
        )
        letter = self.village.phones[person].letters[message]
        told = known and not letter.text.startswith(("Write or send it now", "🎫"))
        if told and self.stands[number].student == person and number not in self.words[word].tickets:
            self.fault(f"{word} of {person} in reply to {letter} is on {self.words[word].tickets}")

    async def edited(self, old: str, new: str, person: int) -> None:
        """Somebody put another word in place of one they had written."""
        before = self.words[old]
        left = await self.village.rows("SELECT id FROM entry WHERE text LIKE :word", word=f"%{old}%")
        if left and before.tickets and self.words[new].tickets:
            self.fault(f"{old} of {person} stays after it was changed")
        found = await self.village.rows("SELECT ticket_id FROM entry WHERE text LIKE :word", word=f"%{new}%")
        now = {row["ticket_id"] for row in found}
        if before.tickets and now and now != {each for each in before.tickets if self.stands[each].student}:
            self.fault(f"{new} in place of {old} is on {now} instead of {before.tickets}")
        before.replaced = bool(before.tickets and now)
        self.words[new].file, self.words[new].fresh = before.file, False

    async def acted(self, person: int | None, ticket: int = 0, given_to: int = 0, act: str = "") -> None:
        """Somebody (None: the desk by itself) did something, to a ticket or to none."""
        self.moment += 1
        village, before = self.village, self.stands
        staff, on_duty = await village.staff(), await village.on_duty()
        self.stands, self.staff = await village.stands(), staff
        self.students |= {each.number: each.student for each in self.stands.values() if each.student}
        for gone in set(PEOPLE) - staff:
            self.left_at.setdefault(gone, self.moment)
        for here in staff:
            self.left_at.pop(here, None)
        for number, now in self.stands.items():
            circle = self.circle.setdefault(number, set())
            was = before.get(number, Stand(number, now.student, "new", None, None))
            self._judge(was, now, person, staff, ticket, given_to, act)
            if now.claimer is not None and now.claimer in staff:
                circle.add(now.claimer)
            if now.state == "new":
                circle |= (on_duty - {now.student}) or {ANNA}
                if any(village.phones[each].was_blocked for each in TUTORS):
                    circle.add(ANNA)  # what did not reach a tutor may have been brought to the admins
            self._remember_wait(was, now)
        if person in staff and ticket in self.stands and person not in (self.stands[ticket].student, None):
            self.circle[ticket].add(int(person or 0))

    def _remember_wait(self, was: Stand, now: Stand) -> None:
        clock = self.village.clock.passed
        if now.state not in {"new", "claimed"} or was.state != now.state:
            self.waits_since[now.number] = clock
        elif clock - self.waits_since.get(now.number, clock) > FORGETS.total_seconds():
            self.circle[now.number].add(ANNA)

    def may_have_been_reminded(self) -> None:
        """Time passed: whoever runs the desk may have heard of what waits."""
        for number, now in self.stands.items():
            if now.state in {"new", "claimed"}:
                self.circle[number].add(ANNA)

    async def listed(self, person: int) -> None:
        """Somebody asked for the list of tickets: of staff it shows those that wait, of admins all."""
        await self.acted(person)
        if person in await self.village.staff():
            for number, now in self.stands.items():
                if now.state == "new" or (person == ANNA and now.state != "closed"):
                    self.circle[number].add(person)

    def _judge(
        self, was: Stand, now: Stand, person: int | None, staff: set[int], ticket: int, given_to: int, act: str
    ) -> None:
        """Whether a ticket may have gone from where it stood to where it stands."""
        about = f"#{now.number} {was} -> {now} by {person} ({act} {ticket} {given_to})"
        if now.state == "new" and now.claimer is not None:
            self.fault(f"new, and somebody's: {about}")
        if now.state in {"claimed", "waiting"} and now.claimer not in staff:
            self.fault(f"taken by nobody of the staff: {about}")
        if now.claimer is not None and now.claimer == now.student and now.state != "closed":
            self.fault(f"taken by whoever asks: {about}")
        if was == now:
            return
        if act == "forget" and now.student is None and now.state == "closed":
            return
        hands = set(self._hands(was, person, staff, act))
        if was.state != now.state and not any(
            move.to in {now.state, "claimed" if now.state == "new" else None} and was.state in move.states
            for move in MOVES
            if set(move.hands) & hands
        ):
            self.fault(f"no such move: {about}")
        if now.claimer not in {was.claimer, None}:
            with_it = self.stands.get(now.into or 0)
            rightly = {person, given_to} | ({with_it.claimer} if with_it else set())
            if now.claimer not in rightly or (now.claimer == given_to != person and not given_to):
                self.fault(f"whose is it: {about}")
        related = {ticket, was.number if ticket in {was.into, now.into} else ticket}
        if (
            ticket
            and now.number not in related
            and person != now.student
            and act != "forget"
            and not self._follows(now, ticket)
        ):
            self.fault(f"another ticket moved: {about}")

    def _follows(self, now: Stand, ticket: int) -> bool:
        """Whether it came along: what is answered with a ticket that is merged is answered with the other then."""
        return now.into is not None and self.stands[ticket].into == now.into

    def _hands(self, was: Stand, person: int | None, staff: set[int], act: str) -> list[Hand]:
        if person is None or act in {"remove", "forget"}:
            return [Hand.DESK]
        found = [Hand.STUDENT] if person == was.student else []
        if person in staff and person != was.student:  # nobody is staff to their own question
            found.append(Hand.ADMIN if person == ANNA else Hand.STAFF)
            found += [Hand.CLAIMER] if person == was.claimer else []
        return found

    # in the end

    async def ends(self) -> None:
        """Everything has settled: whoever must have read something has, and what is shown is how it is."""
        village = self.village
        dead = await village.rows(
            "SELECT DISTINCT chat_id FROM outbox WHERE state = 'dead' AND error NOT LIKE '%too long%'"
        )
        excused = {row["chat_id"] for row in dead} | {p for p, phone in village.phones.items() if phone.was_blocked}
        waits = await village.rows("SELECT key FROM outbox WHERE state IN ('pending', 'sending')")
        if waits:
            self.fault(f"still on its way: {[row['key'] for row in waits]}")
        for word, known in self.words.items():
            for number in known.tickets:
                stand = self.stands[number]
                if stand.student is not None and not known.replaced and known.side != "note":
                    self._must_have_read(word, known, stand, excused)
            if known.replaced:
                self._is_carried_over(word, excused)
        await self._cards(excused)
        await self._receipts(excused)
        self._not_twice()

    def _must_have_read(self, word: str, known: Word, stand: Stand, excused: set[int]) -> None:
        phones = self.village.phones
        must, some = set[int](), set[int]()
        if known.side == "tutor":
            must = {stand.student or 0}
        elif stand.claimer in self.staff and stand.state != "closed":
            must = {stand.claimer or 0}
        else:
            some = self.circle[stand.number]
        for chat in must - excused:
            letters = [each for each in phones[chat].letters.values() if each.by_bot and word in each.words]
            if not letters or (known.file and not any(each.file for each in letters)):
                self.fault(f"{NAMES[chat]} never got {word} on {stand}: {known}")
        if some and not some & excused and not some & self.readers.get(word, set()):
            self.fault(f"nobody got {word} on {stand}: {known}")

    def _is_carried_over(self, word: str, excused: set[int]) -> None:
        """What was handed on before it was changed has changed with it."""
        author = self.words[word].author
        for chat in set(self.village.phones) - excused - {author} - set(self.left_at):
            for letter in self.village.phones[chat].letters.values():
                handed_on = letter.by_bot and not letter.unknown and letter.text.startswith(("👤", "💬", "❓"))
                if handed_on and word in letter.text:
                    self.fault(f"{NAMES[chat]} still reads {word} of {NAMES[author]}: {letter.text[:80]!r}")

    async def _cards(self, excused: set[int]) -> None:
        """The newest card of each reader shows how the ticket stands, all that was written, and what they may do."""
        found = await self.village.rows(
            "SELECT card.ticket_id, card.user_id, message_id FROM card JOIN outbox ON outbox.key = card.key"
        )
        staff = await self.village.staff()
        for row in found:
            reader, stand = row["user_id"], self.stands[row["ticket_id"]]
            if reader in excused or reader not in staff:
                continue
            letter = self.village.phones[reader].letters.get(row["message_id"])
            shown = "" if letter is None else letter.text
            name = NAMES.get(stand.claimer or 0, "nobody")
            if stand.state == "answered" and stand.claimer is None:
                name = ""  # whoever answered has deleted everything
            if f"#{stand.number}" not in shown or FINAL[stand.state].format(name) not in shown:
                self.fault(f"the card of {NAMES[reader]} does not show {stand}: {shown[:300]!r}")
            for other in self.stands.values():
                if other.into == stand.number and f"#{other.number}" not in shown:
                    self.fault(f"the card of {NAMES[reader]} on #{stand.number} does not show #{other.number}")
            if self.village.voice.plain("en", "ticket.merged", numbers="").strip() in shown and not any(
                other.into == stand.number for other in self.stands.values()
            ):
                self.fault(f"the card of {NAMES[reader]} on #{stand.number} shows what is taken apart")
            await self._talk(reader, stand, shown)

    async def _talk(self, reader: int, stand: Stand, shown: str) -> None:
        found = await self.village.rows("SELECT text FROM entry WHERE ticket_id = :n", n=stand.number)
        written = {word for row in found for word in WORD.findall(row["text"])}
        for word in written:
            if word not in shown and not self.clipped(shown):
                self.fault(f"the card of {NAMES[reader]} on {stand} lacks {word}")
        for word in set(WORD.findall(shown)) - written:
            if self.words[word].tickets:
                self.fault(f"the card of {NAMES[reader]} on {stand} shows {word} of {self.words[word]}")

    @staticmethod
    def clipped(shown: str) -> bool:
        return "…" in shown

    async def _receipts(self, excused: set[int]) -> None:
        """What a tutor reads of an answer is what became of it."""
        found = await self.village.rows(
            "SELECT entry.ticket_id AS number, author_id, delivery, text, outbox.message_id AS shown FROM entry"
            " JOIN outbox ON outbox.key = 'receipt:' || entry.id WHERE who = 'tutor'"
        )
        for row in found:
            author, student = row["author_id"], self.stands[row["number"]].student
            if student is None or author is None:
                continue
            letter = self.village.phones[author].letters.get(row["shown"])
            if author not in excused and (letter is None or RECEIPTS.get(row["delivery"], "?") not in letter.text):
                self.fault(f"the receipt of {row['number']} is {letter}, and it was {row['delivery']}")
            words = [word for word in WORD.findall(row["text"]) if self.words[word].fresh]
            here = self.village.phones[student].shown()
            if row["delivery"] == "sent" and not here.issuperset(words):
                self.fault(f"{words} of {author} is said to have arrived")
            if row["delivery"] == "blocked" and not self.village.phones[student].was_blocked:
                self.fault(f"{words} of {author} is said to have met a closed door")

    def _not_twice(self) -> None:
        """Nobody reads an answer more often than it was given, but where an answer of Telegram's was lost."""
        for word, known in self.words.items():
            for chat in self.askers(known):
                if chat == known.author or any(chat in self.circle[number] for number in known.tickets):
                    continue
                got = [
                    each for each in self.village.phones[chat].letters.values() if each.by_bot and word in each.words
                ]
                given = sum(self.students[number] == chat for number in known.tickets)
                files = [each for each in got if each.file]
                unsure = sum(times for (to, said), times in self.village.unsure.items() if to == chat and word in said)
                if len(files or got) > given + unsure + (self.village.lives if known.file else 0):
                    self.fault(f"{NAMES[chat]} got {word} {len(got)} times: {known}")

    async def forgotten(self, person: int, moment: int, *, settled: bool) -> None:
        """They deleted everything: no word of theirs is held, and once all has settled nobody else is shown any."""
        self.gone.add(person)
        theirs = {
            word
            for word, known in self.words.items()
            if known.author == person and known.side == "student" and known.born <= moment
        }
        for table in await self.village.rows("SELECT name FROM sqlite_master WHERE type = 'table'"):
            kept = await self.village.rows(f'SELECT * FROM "{table["name"]}"')  # noqa: S608 - names of tables of ours
            for row in kept:
                if row.get("state") == "sending" and not settled:
                    continue
                if left := theirs & set(WORD.findall(" ".join(str(value) for value in row.values()))):
                    self.fault(f"{left} of {NAMES[person]} is left in {table['name']}: {str(dict(row))[:300]}")
        for chat, phone in self.village.phones.items() if settled else ():
            known = [each for each in phone.letters.values() if each.by_bot and not each.unknown]
            shown = [each for each in known if each.words & theirs]
            if shown and chat not in self.gone | {person} and not phone.was_blocked:
                self.fault(f"{theirs} of {NAMES[person]} is shown to {NAMES[chat]}: {[each.text for each in shown]}")
