from __future__ import annotations

from datetime import date

import pytest

from bot.storage import audiences
from bot.storage.store import Store
from tests.test_storage_mailings import arrive, begun, copies, mailing, somebody


async def test_a_programme_whose_name_is_in_anothers_is_not_mistaken_for_it(store: Store) -> None:
    await arrive(
        store, somebody(1, subscribed=["thesis-no-scholarship"]), somebody(2, subscribed=["thesis-scholarship"])
    )
    await begun(store, mailing(audience="programme:thesis-scholarship"))
    assert [row.chat_id for row in await copies(store)] == [2]


@pytest.mark.parametrize(
    ("who", "reached"),
    [("all", [1, 2, 3]), ("year:4:2026", [1]), ("language:it", [2])],
)
async def test_a_broadcast_reaches_whom_it_names_whatever_they_subscribed_to(
    store: Store, who: str, reached: list[int]
) -> None:
    await arrive(
        store,
        somebody(1, year=4, told_on=date(2026, 10, 1), subscribed=[]),
        somebody(2, language="it", paused=True),
        somebody(3, muted=["opening"]),
        somebody(4, reachable=False, year=4, language="it", told_on=date(2026, 10, 1)),
        somebody(5, reachable=who.startswith("year"), year=4, told_on=date(2026, 9, 30)),
    )
    await begun(store, mailing(audience=who), muted_by="")
    assert [row.chat_id for row in await copies(store)] == reached
    async with store.reading() as tx:
        assert await audiences.count(tx, who) == len(reached)
        assert sum((await audiences.languages(tx, who)).values()) == len(reached)


async def test_an_audience_nobody_knows_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="nobody is called"):
        audiences.audience("planet:mars")
