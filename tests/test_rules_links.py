"""Links that open the bot: what they carry leads back to the answer they were made for."""

from __future__ import annotations

import pytest

from bot.rules.links import PAYLOAD, address, label_behind, label_of, payload_of
from bot.rules.programmes import Programme
from tests.book import knowledge

LABELS = [*(label for label, _ in knowledge().answers()), "desk.999999"]


@pytest.mark.parametrize("label", LABELS)
def test_every_answer_has_a_link_that_leads_back_to_it(label: str) -> None:
    payload = payload_of(label)
    assert PAYLOAD.fullmatch(payload)
    assert label_of(payload) == label
    assert label_behind(address("desk_bot", payload)) == label


def test_a_programme_alone_is_its_overview() -> None:
    assert {label_of(programme) for programme in Programme} == {f"{programme}.overview" for programme in Programme}


@pytest.mark.parametrize("label", ["general.my answer", "general.caffè", f"general.{'x' * 60}", ""])
def test_what_no_link_can_carry_opens_the_bot_alone(label: str) -> None:
    assert payload_of(label) == ""
    assert address("desk_bot", payload_of(label)) == "https://t.me/desk_bot"


@pytest.mark.parametrize(
    ("link", "label"),
    [
        ("https://t.me/desk_bot?start=free-mover_period", "free-mover.period"),
        ("tg://resolve?domain=desk_bot&start=free-mover_period", "free-mover.period"),
        ("https://t.me/desk_bot?start=free-mover", "free-mover.overview"),
        ("https://t.me/desk_bot?start=free-mover_period&x=1", "free-mover.period"),
        ("https://t.me/desk_bot", None),
        ("https://t.me/desk_bot?start=", None),
        ("https://t.me/desk_bot?restart=free-mover", None),
        (f"https://t.me/desk_bot?start={'x' * 65}", None),
        ("", None),
    ],
)
def test_the_answer_behind_a_link(link: str, label: str | None) -> None:
    assert label_behind(link) == label
