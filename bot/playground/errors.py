"""How Telegram says no: the status, the sentence and, for a few, the parameters a client acts on."""

from __future__ import annotations


class ApiError(Exception):
    """A call that is refused: becomes ``{"ok": false, "error_code": …, "description": …}``.

    ``parameters`` are Telegram's ``ResponseParameters`` (``retry_after``, ``migrate_to_chat_id``); ``html`` makes the
    answer a web page, as a broken gateway in front of the API would give.
    """

    def __init__(self, code: int, description: str, *, html: bool = False, **parameters: int) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.html = html
        self.parameters = parameters


class NotPossibleError(Exception):
    """Something a person cannot do in Telegram: press a button that is not there, write from a deleted account."""


def bad_request(text: str) -> ApiError:
    """Status 400: ``text`` follows ``Bad Request:``."""
    return ApiError(400, f"Bad Request: {text}")


def forbidden(text: str) -> ApiError:
    """Status 403: ``text`` follows ``Forbidden:``."""
    return ApiError(403, f"Forbidden: {text}")


def conflict(text: str) -> ApiError:
    """Status 409: ``text`` follows ``Conflict:``."""
    return ApiError(409, f"Conflict: {text}")


def too_many_requests(seconds: int) -> ApiError:
    """Status 429: come back after ``seconds``."""
    return ApiError(429, f"Too Many Requests: retry after {seconds}", retry_after=seconds)


def migrated(chat_id: int) -> ApiError:
    """The group became the supergroup ``chat_id``."""
    return ApiError(400, "Bad Request: group chat was upgraded to a supergroup chat", migrate_to_chat_id=chat_id)
