"""What goes wrong on demand: refusals, broken gateways, silence and slowness."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass
from enum import StrEnum
from fnmatch import fnmatchcase

from bot.playground.entities import Json
from bot.playground.errors import ApiError, bad_request, forbidden, too_many_requests

_GATEWAY = "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"


class FaultKind(StrEnum):
    """What happens to a call."""

    TOO_MANY = "too-many"  # 429 with retry_after
    BLOCKED = "blocked"  # 403 bot was blocked by the user
    DEACTIVATED = "deactivated"  # 403 user is deactivated
    NOT_FOUND = "not-found"  # 400 chat not found
    SERVER_ERROR = "server-error"  # 500 as JSON
    BAD_GATEWAY = "bad-gateway"  # 502 as a web page
    HANG_BEFORE = "hang-before"  # nothing done, no reply
    HANG_AFTER = "hang-after"  # done, but no reply
    SLOW = "slow"  # done and replied to, late


@dataclass(frozen=True, slots=True)
class Fault:
    """Which calls suffer what.

    ``method`` (a name, or a pattern such as ``send*``) and ``chat_id`` narrow it down (``None``: any), ``probability``
    picks some of those, ``times`` ends it after so many. ``seconds`` is ``retry_after`` for too-many, the delay for
    slow, and for a hang how long the connection stays open if the client does not give up first.
    """

    kind: FaultKind
    method: str | None = None
    chat_id: int | None = None
    probability: float = 1.0
    times: int | None = None
    seconds: float = 5.0

    def error(self) -> ApiError:
        """The refusal; only for the kinds that are one."""
        answers = {
            FaultKind.TOO_MANY: too_many_requests(max(1, round(self.seconds))),
            FaultKind.BLOCKED: forbidden("bot was blocked by the user"),
            FaultKind.DEACTIVATED: forbidden("user is deactivated"),
            FaultKind.NOT_FOUND: bad_request("chat not found"),
            FaultKind.SERVER_ERROR: ApiError(500, "Internal Server Error"),
            FaultKind.BAD_GATEWAY: ApiError(502, _GATEWAY, html=True),
        }
        return answers[self.kind]


class Faults:
    """The faults in force.

    The same seed gives the same fate to the n-th call of a method in a chat, whatever other chats do meanwhile.
    """

    def __init__(self, seed: int, changed: Callable[[], None]) -> None:
        self._seed = seed
        self._changed = changed
        self._faults: dict[int, Fault] = {}
        self._left: dict[int, int] = {}
        self._calls: Counter[tuple[int, str, object]] = Counter()
        self._added = 0

    def __bool__(self) -> bool:
        return bool(self._faults)

    def add(self, fault: Fault) -> int:
        """Put a fault in force; the number takes it back."""
        self._added += 1
        self._faults[self._added] = fault
        if fault.times is not None:
            self._left[self._added] = fault.times
        self._changed()
        return self._added

    def remove(self, number: int) -> None:
        """End a fault; one that has ended by itself is no error."""
        self._left.pop(number, None)
        if self._faults.pop(number, None) is not None:
            self._changed()

    def clear(self) -> None:
        """End all faults; the next ones meet a seed that starts anew."""
        self._faults.clear()
        self._left.clear()
        self._calls.clear()
        self._added = 0
        self._changed()

    def listed(self) -> list[Json]:
        """The faults in force, ready for JSON: their fields, ``number`` and what is ``left`` of ``times``."""
        return [{"number": n, **asdict(f), "left": self._left.get(n)} for n, f in self._faults.items()]

    def strike(self, method: str, chat_id: int | str | None) -> list[Fault]:
        """What this call suffers, in the order the faults were added."""
        return [fault for number, fault in list(self._faults.items()) if self._strikes(number, fault, method, chat_id)]

    def _strikes(self, number: int, fault: Fault, method: str, chat_id: int | str | None) -> bool:
        if fault.chat_id not in (None, chat_id) or not fnmatchcase(method, fault.method or "*"):
            return False
        call = (number, method, chat_id)
        self._calls[call] += 1
        if fault.probability < 1 and self._chance(*call) >= fault.probability:
            return False
        if number in self._left:
            self._left[number] -= 1
            if self._left[number] <= 0:
                self.remove(number)
        return True

    def _chance(self, number: int, method: str, chat_id: object) -> float:
        drawn = f"{self._seed}/{number}/{method}/{chat_id}/{self._calls[number, method, chat_id]}"
        return int.from_bytes(hashlib.blake2b(drawn.encode(), digest_size=8).digest()) / 2**64
