from __future__ import annotations

from bot.playground.errors import bad_request, conflict, forbidden, migrated, too_many_requests


def test_each_refusal_has_the_status_and_the_words_of_telegram() -> None:
    assert (bad_request("chat not found").code, str(bad_request("chat not found"))) == (
        400,
        "Bad Request: chat not found",
    )
    assert (forbidden("user is deactivated").code, str(forbidden("x"))) == (403, "Forbidden: x")
    assert (conflict("x").code, str(conflict("x"))) == (409, "Conflict: x")


def test_two_refusals_tell_the_client_what_to_do() -> None:
    late = too_many_requests(7)
    assert (late.code, str(late), late.parameters) == (429, "Too Many Requests: retry after 7", {"retry_after": 7})
    assert migrated(-100123).parameters == {"migrate_to_chat_id": -100123}
