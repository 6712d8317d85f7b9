"""Who somebody is to the desk, and what that lets them do."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """What somebody is; each may do all that those before it may."""

    STUDENT = "student"
    TUTOR = "tutor"
    ADMIN = "admin"

    def may(self, needed: Role) -> bool:
        """Whether this role is enough for what needs ``needed``."""
        order = list(Role)
        return order.index(self) >= order.index(needed)
