"""How Telegram is reached: python-telegram-bot's requests over aiohttp's connections.

httpx, the library's own choice, spends several times the processor time on a request; ``bench/desk.py`` measures it.
"""

from __future__ import annotations

from typing import Any

import aiohttp
from telegram.request import BaseRequest, RequestData

CONNECTIONS = 64
"""Connections to Telegram at the same time."""
CONNECT, READ = 10.0, 20.0
"""Seconds to wait for a connection, and for an answer."""


class Connection(BaseRequest):
    """One pool of connections.

    What aiohttp raises is wrapped by python-telegram-bot into a ``NetworkError`` whose cause tells what happened.
    """

    def __init__(self) -> None:
        self._session: aiohttp.ClientSession | None = None

    @property
    def read_timeout(self) -> float:
        """Seconds to wait for an answer where a call does not say."""
        return READ

    async def initialize(self) -> None:
        """Open the pool; a second call changes nothing."""
        if self._session is None or self._session.closed:
            self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=CONNECTIONS), trust_env=True)

    async def shutdown(self) -> None:
        """Close the pool."""
        if self._session is not None:
            await self._session.close()

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: Any = BaseRequest.DEFAULT_NONE,  # noqa: ANN401 - a number, None, or the library's own "not given"
        write_timeout: Any = BaseRequest.DEFAULT_NONE,  # noqa: ANN401, ARG002 - as it is called
        connect_timeout: Any = BaseRequest.DEFAULT_NONE,  # noqa: ANN401, ARG002 - as it is called
        pool_timeout: Any = BaseRequest.DEFAULT_NONE,  # noqa: ANN401, ARG002 - as it is called
    ) -> tuple[int, bytes]:
        """Make one request; its status and body."""
        if self._session is None:
            raise RuntimeError("the connection is not open")
        wait = read_timeout if isinstance(read_timeout, int | float) else READ
        timeout = aiohttp.ClientTimeout(total=None, connect=CONNECT, sock_read=wait)
        data = _body(request_data)
        # A redirect would carry the token to wherever a proxy points, and turn the call into a GET on the way.
        async with self._session.request(method, url, data=data, timeout=timeout, allow_redirects=False) as response:
            return response.status, await response.read()


def _body(request_data: RequestData | None) -> aiohttp.FormData | dict[str, str] | None:
    if request_data is None:
        return None
    if not request_data.contains_files:
        return request_data.json_parameters
    form = aiohttp.FormData(request_data.json_parameters)
    for name, (filename, content, kind) in (request_data.multipart_data or {}).items():
        form.add_field(name, content, filename=filename, content_type=kind)
    return form
