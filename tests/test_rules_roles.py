"""Who may do what others may not."""

from __future__ import annotations

import itertools

from bot.rules.roles import Role


def test_each_role_may_do_what_those_before_it_may() -> None:
    order = [Role.STUDENT, Role.TUTOR, Role.ADMIN]
    assert list(Role) == order
    for held, needed in itertools.product(order, repeat=2):
        assert held.may(needed) == (order.index(held) >= order.index(needed))


def test_a_role_reads_back_as_it_is_kept() -> None:
    assert [Role(role.value) for role in Role] == list(Role)
