"""Who may talk to the playground: programs and pages of this machine, nobody else's pages."""

from __future__ import annotations

import re
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_LOOPBACK: Final = re.compile(r"(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d{1,5})?", re.IGNORECASE)
_OWN_SITES: Final = ("same-origin", "none")
_SAFE: Final = {
    "Cache-Control": "no-cache",
    "Content-Security-Policy": (
        "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class Guard:
    """ASGI middleware that refuses what comes from elsewhere and seals what goes out.

    A ``Host`` that is no loopback name means that some site's name was made to point here (DNS rebinding); a foreign
    ``Origin``, or a browser that says another site asked, is a page elsewhere reaching for this one. Programs such as
    the bot send neither. Any link may lead to the chat page itself. A header an answer already has is kept.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it with 403."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        refusal = _refusal(Headers(scope=scope), scope["path"], scope["method"])
        if refusal is not None:
            await PlainTextResponse(refusal, status_code=403)(scope, receive, send)
            return

        async def sealed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _SAFE.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, sealed)


def _refusal(headers: Headers, path: str, method: str) -> str | None:
    host = headers.get("host", "")
    if not _LOOPBACK.fullmatch(host):
        return "The playground answers on this machine only: open it as 127.0.0.1 or localhost."
    origin = headers.get("origin")
    if origin is not None and origin.lower() != f"http://{host}".lower():
        return "The playground does not answer to other pages."
    if headers.get("sec-fetch-site", "none") in _OWN_SITES:
        return None
    opened = method == "GET" and path == "/" and headers.get("sec-fetch-mode") == "navigate"
    return None if opened else "The playground does not answer to other sites."
