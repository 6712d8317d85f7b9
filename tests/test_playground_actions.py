from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from bot.playground.actions import ACTIONS
from bot.playground.chats import Person
from bot.playground.errors import ApiError, NotPossibleError
from bot.playground.faults import FaultKind
from bot.playground.files import Upload
from bot.playground.inline import AnswerInlineQuery
from bot.playground.world import World
from tests.playground_bot import NOON, PNG, new_world

ROME = "Europe/Rome"


def adam_in(world: World) -> Person:
    return world.add_person("Adam", demo=True)


def run(world: World, name: str, **fields: object) -> Any:  # noqa: ANN401 - what the page is told
    return ACTIONS[name].model_validate(fields).run(world)


async def to_next_event(world: World) -> Any:  # noqa: ANN401 - what the page is told
    return await ACTIONS["next-event"]().perform(world)


def plan(world: World, moment: datetime | None) -> None:
    async def next_event() -> datetime | None:
        return moment

    world.next_event = next_event


def texts(world: World, person: Person) -> list[str]:
    return [message["text"] for message in world.messages(person.id)]


def test_people_write_reply_edit_and_start() -> None:
    world = new_world()
    adam = adam_in(world)
    run(world, "start", person_id=adam.id, payload="free-mover")
    [first] = run(world, "say", person_id=adam.id, text="hello")["message_ids"]
    [second] = run(world, "say", person_id=adam.id, text="again", reply_to=first)["message_ids"]
    run(world, "edit", person_id=adam.id, message_id=first, text=" hello you ")
    assert texts(world, adam) == ["/start free-mover", "hello you", "again"]
    assert world.messages(adam.id)[-1]["reply_to_message"]["message_id"] == first
    assert second == first + 1


def test_people_act_in_the_groups_they_are_in() -> None:
    world = new_world()
    adam, eva = adam_in(world), world.add_person("Eva")
    group = world.add_group("Class", [adam])
    [first] = run(world, "say", person_id=adam.id, chat_id=group.id, text="hello")["message_ids"]
    run(world, "say", person_id=adam.id, chat_id=group.id, text="again", reply_to=first)
    run(world, "edit", person_id=adam.id, chat_id=group.id, message_id=first, text="hello all")
    run(world, "sticker", person_id=adam.id, chat_id=group.id, emoji="👍")
    run(world, "location", person_id=adam.id, chat_id=group.id, latitude=45.4, longitude=9.1)
    sent = world.messages(group.id)
    assert [message.get("text") for message in sent] == ["hello all", "again", None, None]
    assert sent[1]["reply_to_message"]["message_id"] == first
    assert world.messages(adam.id) == []
    for fields in ({"person_id": eva.id, "chat_id": group.id}, {"person_id": adam.id, "chat_id": -5}):
        with pytest.raises(NotPossibleError, match=r"is not in|there is no chat"):
            run(world, "say", text="hello", **fields)


def test_what_the_bot_offers_is_chosen_by_its_number() -> None:
    world = new_world()
    adam = adam_in(world)
    group = world.add_group("Class", [adam])
    query = run(world, "inline", person_id=adam.id, chat_id=group.id, text="dates")["query_id"]
    offer = {"type": "article", "id": "1", "title": "One", "input_message_content": {"message_text": "Dates"}}
    AnswerInlineQuery(inline_query_id=query, results=[offer]).answer(world)
    [number] = run(world, "choose", person_id=adam.id, query_id=query, result_id="1")["message_ids"]
    (message,) = world.messages(group.id)
    assert (message["message_id"], message["text"], message["via_bot"]["username"]) == (number, "Dates", "desk_bot")
    with pytest.raises(NotPossibleError, match="is offered no"):
        run(world, "choose", person_id=adam.id, query_id="5", result_id="1")
    with pytest.raises(ValidationError):
        run(world, "inline", person_id=adam.id, text="x" * 257)


def test_a_long_text_becomes_several_messages() -> None:
    world = new_world()
    adam = adam_in(world)
    assert len(run(world, "say", person_id=adam.id, text="word " * 2000)["message_ids"]) == 3


def test_a_reply_to_what_has_gone_is_sent_all_the_same() -> None:
    world = new_world()
    adam = adam_in(world)
    run(world, "say", person_id=adam.id, text="hello", reply_to=99)
    assert "reply_to_message" not in world.messages(adam.id)[0]


def test_a_caption_is_edited_too() -> None:
    world = new_world()
    adam = adam_in(world)
    photo = world.send_file(adam, "photo", Upload("a.png", PNG), caption="here")
    run(world, "edit", person_id=adam.id, message_id=photo["message_id"], text="there")
    assert world.messages(adam.id)[0]["caption"] == "there"


def test_stickers_and_places() -> None:
    world = new_world()
    adam = adam_in(world)
    run(world, "sticker", person_id=adam.id, emoji="🎓")
    run(world, "location", person_id=adam.id, latitude=45.46, longitude=9.19, reply_to=1)
    sticker, place = world.messages(adam.id)
    assert place["reply_to_message"] == sticker
    assert sticker["sticker"]["emoji"] == "🎓"
    assert place["location"] == {"latitude": 45.46, "longitude": 9.19}


def test_a_press_is_known_by_its_query_even_if_the_button_has_gone() -> None:
    world = new_world()
    adam = adam_in(world)
    query = run(world, "press", person_id=adam.id, message_id=7, data="old")["query_id"]
    assert world.updates.pending()[-1].body["callback_query"]["id"] == query


def test_people_block_come_back_and_leave() -> None:
    world = new_world()
    adam = adam_in(world)
    run(world, "block", person_id=adam.id)
    assert adam.blocked
    with pytest.raises(NotPossibleError, match="blocked"):
        run(world, "say", person_id=adam.id, text="hello")
    run(world, "unblock", person_id=adam.id)
    run(world, "delete-account", person_id=adam.id)
    assert (adam.blocked, adam.deleted) == (False, True)


def test_somebody_new_is_played_by_the_page() -> None:
    world = new_world()
    number = run(world, "add-person", first_name="  Łucja ", language_code="it")["person_id"]
    person = world.people[number]
    assert (person.first_name, person.language_code, person.demo) == ("Łucja", "it", True)


def test_the_clock_steps_jumps_and_comes_back() -> None:
    world = new_world()
    run(world, "advance", seconds=86_400)
    assert world.now() == NOON + timedelta(days=1)
    run(world, "set-clock", moment="2027-01-15T09:00", zone=ROME)
    assert world.now() == datetime(2027, 1, 15, 8, tzinfo=UTC)
    run(world, "set-clock", moment="2027-07-15T09:00", zone=ROME)
    assert world.now() == datetime(2027, 7, 15, 7, tzinfo=UTC)
    run(world, "set-clock", moment="2027-07-15T09:00:00Z", zone=ROME)
    assert world.now() == datetime(2027, 7, 15, 9, tzinfo=UTC)
    run(world, "real-time")
    assert world.now() == NOON


async def test_the_clock_jumps_just_past_what_is_planned_next() -> None:
    world = new_world()
    opening = NOON + timedelta(days=60)
    plan(world, opening)
    assert await to_next_event(world) == {"moment": opening.isoformat()}
    assert world.now() == opening + timedelta(seconds=1)


async def test_the_clock_never_jumps_back_to_what_is_overdue() -> None:
    world = new_world()
    plan(world, NOON - timedelta(hours=1))
    assert await to_next_event(world) == {"moment": (NOON - timedelta(hours=1)).isoformat()}
    assert world.now() == NOON


async def test_without_a_plan_the_clock_stays() -> None:
    world = new_world()
    with pytest.raises(NotPossibleError, match="this bot tells nobody what it plans"):
        await to_next_event(world)
    plan(world, None)
    with pytest.raises(NotPossibleError, match="nothing is planned"):
        await to_next_event(world)
    plan(world, NOON + timedelta(days=4000))
    with pytest.raises(NotPossibleError, match="ten years at most"):
        await to_next_event(world)
    assert world.now() == NOON


async def test_every_way_to_move_the_clock_is_told_once() -> None:
    world = new_world()
    moments: list[datetime] = []
    world.clock_moved = lambda: moments.append(world.now())
    run(world, "advance", seconds=60)
    run(world, "set-clock", moment="2027-01-15T09:00", zone=ROME)
    plan(world, datetime(2027, 2, 1, 8, tzinfo=UTC))
    await to_next_event(world)
    run(world, "real-time")
    run(world, "reset")
    adam_in(world)
    assert moments == [
        NOON + timedelta(minutes=1),
        datetime(2027, 1, 15, 8, tzinfo=UTC),
        datetime(2027, 2, 1, 8, 0, 1, tzinfo=UTC),
        NOON,
        NOON,
    ]


@pytest.mark.parametrize(("moment", "zone"), [("1999-01-01T00:00", ROME), ("2027-01-01T00:00", "Nowhere/../etc")])
def test_a_moment_that_cannot_be_is_refused(moment: str, zone: str) -> None:
    with pytest.raises(NotPossibleError):
        run(new_world(), "set-clock", moment=moment, zone=zone)


def test_faults_come_and_go() -> None:
    world = new_world()
    adam = adam_in(world)
    number = run(world, "add-fault", kind="too-many", chat_id=adam.id, seconds=2)["number"]
    run(world, "add-fault", kind="slow", times=1)
    first, second = world.faults.listed()
    assert (first["kind"], first["chat_id"], first["seconds"]) == (FaultKind.TOO_MANY, adam.id, 2)
    assert second["left"] == 1
    run(world, "remove-fault", number=number)
    assert [fault["kind"] for fault in world.faults.listed()] == [FaultKind.SLOW]
    run(world, "clear-faults")
    assert not world.faults


def test_limits_on_speed_hold_when_asked_for() -> None:
    world = new_world()
    run(world, "limits", on=True)
    assert world.limits.on
    run(world, "limits", on=False)
    assert not world.limits.on


def test_everything_begins_anew() -> None:
    world = new_world()
    adam = adam_in(world)
    run(world, "say", person_id=adam.id, text="hello")
    run(world, "reset")
    assert (world.messages(adam.id), adam.started) == ([], False)


@pytest.mark.parametrize("name", [name for name in ACTIONS if "person_id" in ACTIONS[name].model_fields])
def test_nobody_can_do_nothing(name: str) -> None:
    examples = {"text": "a", "message_id": 1, "data": "a", "emoji": "🎓", "latitude": 1, "longitude": 1}
    examples |= {"query_id": "1", "result_id": "1"}
    fields = {key: value for key, value in examples.items() if key in ACTIONS[name].model_fields}
    with pytest.raises(NotPossibleError, match="no person 5"):
        run(new_world(), name, person_id=5, **fields)


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("say", {"person_id": 1001}),
        ("say", {"person_id": "Adam", "text": "a"}),
        ("say", {"person_id": 1001, "text": "a", "html": "<b>"}),
        ("edit", {"person_id": 1001, "message_id": 1, "text": "  "}),
        ("location", {"person_id": 1001, "latitude": 91, "longitude": 0}),
        ("add-person", {"first_name": " "}),
        ("add-person", {"first_name": "A", "language_code": "English"}),
        ("advance", {"seconds": 1e12}),
        ("add-fault", {"kind": "meteor"}),
        ("add-fault", {"kind": "slow", "times": 0}),
    ],
)
def test_what_is_not_an_action_is_refused(name: str, fields: dict[str, object]) -> None:
    world = new_world()
    adam_in(world)
    with pytest.raises(ValidationError):
        run(world, name, **fields)


@pytest.mark.parametrize("fields", [{"text": ""}, {"text": " \n "}])
def test_an_empty_message_cannot_be_sent(fields: dict[str, object]) -> None:
    world = new_world()
    with pytest.raises((NotPossibleError, ApiError)):
        run(world, "say", person_id=adam_in(world).id, **fields)
