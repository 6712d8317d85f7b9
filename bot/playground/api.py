"""The Bot API over HTTP, as Telegram speaks it: ``/bot<token>/<method>`` and ``/file/bot<token>/<path>``."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qsl

import httpx
from starlette.applications import Starlette
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from bot.playground.accounts import ACCOUNTS
from bot.playground.call import Method
from bot.playground.copies import COPIES
from bot.playground.edits import EDITS
from bot.playground.entities import Json
from bot.playground.errors import ApiError, bad_request
from bot.playground.faults import Fault, FaultKind
from bot.playground.files import Upload
from bot.playground.inline import INLINE
from bot.playground.receiving import RECEIVING
from bot.playground.sends import SENDS
from bot.playground.server import Server

_JSON: Final = "application/json"
_HANGS: Final = (FaultKind.HANG_BEFORE, FaultKind.HANG_AFTER)


class BotApi:
    """Answers the Bot API for one server; mount ``routes`` in an application, or take ``app`` for this alone."""

    def __init__(self, server: Server) -> None:
        self.server = server
        kinds = [*SENDS, *COPIES, *EDITS, *INLINE, *ACCOUNTS, *RECEIVING]
        self.methods = {method.name.lower(): method for method in map(Method, kinds)}

    def routes(self) -> list[BaseRoute]:
        """The routes of the Bot API; they claim ``/bot…`` and ``/file/bot…``."""
        return [
            Route("/bot{token}/{method}", self._call, methods=["GET", "POST"]),
            Route("/file/bot{token}/{path:path}", self._download, methods=["GET"]),
            Route("/bot{rest:path}", self._lost, methods=["GET", "POST"]),
        ]

    def app(self) -> Starlette:
        """An ASGI application that is the Bot API and nothing else."""
        return Starlette(routes=self.routes())

    async def _call(self, request: Request) -> Response:
        try:
            self._check_token(request.path_params["token"])
            method = self._method(request.path_params["method"])
            result = await self._answer(method, *await _parameters(request))
        except ApiError as error:
            return _refusal(error)
        return Response(_written({"ok": True, "result": result}), media_type=_JSON)

    def _method(self, name: str) -> Method:
        method = self.methods.get(name.lower())
        if method is None:
            raise ApiError(404, "Not Found: method not found")
        return method

    async def _answer(self, method: Method, given: Json, attached: Mapping[str, Upload]) -> object:
        if self.server.logged_out:
            raise ApiError(400, "Logged out")
        if not self.server.faults:
            return await method.build(given, attached).run(self.server)
        call = method.build(given, attached)
        struck = self.server.faults.strike(method.name, getattr(call, "chat_id", None))
        silent = next((fault for fault in struck if fault.kind is FaultKind.HANG_AFTER), None)
        for fault in struck:
            if fault is not silent:
                await self._suffer(fault)
        result = await call.run(self.server)
        if silent is not None:
            await self._hang(silent)
        return result

    async def _suffer(self, fault: Fault) -> None:
        if fault.kind is FaultKind.SLOW:
            await asyncio.sleep(fault.seconds)
        elif fault.kind in _HANGS:
            await self._hang(fault)
        else:
            raise fault.error()

    async def _hang(self, fault: Fault) -> None:
        """Keep silent until the client has gone, or the time or the server is over."""
        try:
            async with asyncio.timeout(fault.seconds):
                await self.server.closed.wait()
        except TimeoutError:
            pass
        raise ApiError(504, "<html><body><h1>504 Gateway Time-out</h1></body></html>", html=True)

    async def _download(self, request: Request) -> Response:
        try:
            self._check_token(request.path_params["token"])
        except ApiError as error:
            return _refusal(error)
        stored = self.server.files.at_path(request.path_params["path"])
        if stored is None:
            return _refusal(ApiError(404, "Not Found"))
        return Response(stored.upload.content, media_type="application/octet-stream")

    async def _lost(self, _: Request) -> Response:
        return _refusal(ApiError(404, "Not Found"))

    def _check_token(self, token: str) -> None:
        if token == self.server.token:
            return
        if not token.partition(":")[0].isdecimal() or ":" not in token:
            raise ApiError(404, "Not Found")
        raise ApiError(401, "Unauthorized")


class InProcessTransport(httpx.ASGITransport):
    """Carries an httpx client's requests to an ASGI application in this process and, unlike httpx's own, keeps time.

    A read timeout ends the request as it would on the network, so hanging calls can be tried without one::

        HTTPXRequest(httpx_kwargs={"transport": InProcessTransport(BotApi(world).app())})
    """

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer the request; raises ``httpx.ReadTimeout`` when the application takes longer than the client waits."""
        try:
            async with asyncio.timeout(request.extensions.get("timeout", {}).get("read")):
                return await super().handle_async_request(request)
        except TimeoutError:
            raise httpx.ReadTimeout("no answer in time", request=request) from None


async def _parameters(request: Request) -> tuple[Json, Mapping[str, Upload]]:
    """What a request carries: its values by name, and the files among them."""
    given: Json = dict(request.query_params)
    if request.method == "GET":
        return given, {}
    kind = request.headers.get("content-type", "")
    if kind.startswith("multipart/form-data"):
        return await _multipart(request, given)
    body = await request.body()
    if kind.startswith(_JSON):
        return given | _read_json(body), {}
    return given | dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)), {}


async def _multipart(request: Request, given: Json) -> tuple[Json, Mapping[str, Upload]]:
    attached = {}
    async with request.form() as form:
        for name, value in form.items():
            if isinstance(value, UploadFile):
                upload = Upload(value.filename or name, await value.read(), value.content_type or "")
                given[name] = attached[name] = upload
            else:
                given[name] = value
    return given, attached


def _read_json(body: bytes) -> Json:
    try:
        read = json.loads(body) if body else {}
    except ValueError:
        raise bad_request("can't parse JSON object") from None
    if not isinstance(read, dict):
        raise bad_request("object expected")
    return read


def _written(answer: Json) -> bytes:
    return json.dumps(answer, separators=(",", ":")).encode()


def _refusal(error: ApiError) -> Response:
    if error.html:
        return Response(error.description, status_code=error.code, media_type="text/html")
    answer: Json = {"ok": False, "error_code": error.code, "description": error.description}
    if error.parameters:
        answer["parameters"] = error.parameters
    headers = {"Retry-After": str(error.parameters["retry_after"])} if "retry_after" in error.parameters else {}
    return Response(_written(answer), status_code=error.code, headers=headers, media_type=_JSON)
