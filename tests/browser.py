"""A browser for the tests of the chat page, a served playground for it to open, and a small bot to talk to there.

The browser is Debian's Chromium. Where there is none, the tests that want it are deselected, and the run says so; on CI
that is an error.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import socket
import threading
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any, Self, TypeVar

import httpx
import pytest
import uvicorn
from selenium import webdriver
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.chrome.webdriver import WebDriver
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

from bot.clock import SystemClock
from bot.playground.web import create_app
from bot.playground.world import World
from tests.playground_bot import PNG, TOKEN

Json = dict[str, Any]
T = TypeVar("T")

MISSING = "Chromium: none found, the tests of the chat page are left out (install chromium and chromium-driver)"
FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--force-prefers-reduced-motion",
    "--lang=en-GB",
)
START_SECONDS = 10
PATIENCE = 20
DESKTOP, PHONE = (1280, 800), (390, 844)


def available() -> bool:
    return all(map(shutil.which, ("chromium", "chromedriver")))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if available():
        return
    left_out = [item for item in items if "browser" in getattr(item, "fixturenames", ())]
    if left_out and os.environ.get("CI"):
        raise pytest.UsageError(MISSING)
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if not available():
        terminalreporter.write_line(MISSING, yellow=True)


def open_browser(profile: Path) -> webdriver.Chrome:
    """A headless browser that shares nothing with others."""
    options = webdriver.ChromeOptions()
    options.binary_location = str(shutil.which("chromium"))
    for flag in (*FLAGS, f"--user-data-dir={profile}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    return webdriver.Chrome(options=options, service=Service(str(shutil.which("chromedriver"))))


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebDriver]:
    """A browser for the tests of one file."""
    opened = open_browser(tmp_path_factory.mktemp("chromium"))
    yield opened
    opened.quit()


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


class Served:
    """A playground on a loopback port, in a thread of its own, with a bot on it that asks it over HTTP."""

    def __init__(self, port: int | None = None) -> None:
        self.port = port or free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.world = World(TOKEN, "desk_bot", clock=SystemClock())
        self.bot = SmallBot(self.address)
        self._app = create_app(self.world)
        self._ended = False
        self._listens = threading.Event()
        self._listens.set()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._live()), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self._wait_until_reached()
        self.do(self.bot.set_up())
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def end(self) -> None:
        """The playground and its bot are gone, and their port is free."""
        if self._ended:
            return
        self.do(self.world.aclose())
        self._ended = True
        self._server.should_exit = True
        self._listens.set()
        self._thread.join(START_SECONDS)

    def hang_up(self) -> None:
        """Nobody reaches the playground any more; it lives on."""
        self._listens.clear()
        self._server.should_exit = True

    def take_up(self) -> None:
        """It can be reached again."""
        self._listens.set()
        self._wait_until_reached()

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        """Run something on the playground's own loop."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(START_SECONDS)

    def call(self, work: Callable[[World], T]) -> T:
        """Let ``work`` look at the world, or change it."""

        async def there() -> T:
            return work(self.world)

        return self.do(there())

    def _wait_until_reached(self) -> None:
        with httpx.Client(transport=httpx.HTTPTransport(retries=START_SECONDS)) as client:
            client.get(f"{self.address}/state").raise_for_status()

    async def _live(self) -> None:
        self._loop = asyncio.get_running_loop()
        polling = asyncio.create_task(self.bot.run())
        while not self._ended:
            if not self._listens.is_set():
                await asyncio.sleep(0.02)
                continue
            config = uvicorn.Config(self._app, port=self.port, log_level="critical", timeout_graceful_shutdown=1)
            self._server = uvicorn.Server(config)
            await self._server.serve()
        polling.cancel()
        await asyncio.gather(polling, return_exceptions=True)


class Screen:
    """What somebody in front of the page at ``address`` sees and does; ``served`` is the playground in this process."""

    def __init__(self, browser: WebDriver, address: str, served: Served | None = None) -> None:
        self.browser, self.address, self._served = browser, address, served

    @property
    def served(self) -> Served:
        """The playground behind the page."""
        assert self._served is not None, "it is in another process"
        return self._served

    def open(self, query: str = "", size: tuple[int, int] = DESKTOP) -> None:
        width, height = size
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": size == PHONE}
        self.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        self.browser.get(f"{self.address}/{query}")
        self.until(lambda: self.all(".person:not(.plus)"))

    def prefer(self, theme: str) -> None:
        """Let the system be ``light`` or ``dark``."""
        features = [{"name": "prefers-color-scheme", "value": theme}]
        self.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})

    def is_coloured(self, colour: str) -> None:
        script = "return getComputedStyle(document.body).backgroundColor"
        self.until(lambda: self.browser.execute_script(script) == colour)

    def until(self, happens: Callable[[], Any]) -> Any:  # noqa: ANN401 - whatever it was waiting for
        wait = WebDriverWait(self.browser, PATIENCE, 0.03, [StaleElementReferenceException])
        return wait.until(lambda _: happens())

    def all(self, selector: str, pane: int | None = None) -> list[WebElement]:
        there = "" if pane is None else f'.pane[data-pane="{pane}"] '
        found = self.browser.find_elements(By.CSS_SELECTOR, there + selector)
        return [element for element in found if element.is_displayed()]

    def one(self, selector: str, pane: int | None = None) -> WebElement:
        return self.until(lambda: self.all(selector, pane))[-1]  # type: ignore[no-any-return]

    def click(self, selector: str, pane: int | None = None) -> None:
        self.until(lambda: self.all(selector, pane))[-1].click()

    def press(self, *keys: str) -> None:
        """Type wherever the cursor is."""
        for key in keys:
            ActionChains(self.browser).send_keys(key).perform()

    def write(self, pane: int, *text: str) -> None:
        self.one("textarea", pane).send_keys(*text, Keys.ENTER)

    def shown(self, pane: int) -> list[str]:
        """The words of the messages in sight, without their times."""
        script = """
            const clones = [...document.querySelectorAll(`.pane[data-pane="${arguments[0]}"] .text`)]
              .map((text) => text.cloneNode(true));
            clones.forEach((text) => text.querySelector(".meta").remove());
            return clones.map((text) => text.innerText);"""
        return list(self.browser.execute_script(script, pane))

    def sees(self, pane: int, text: str) -> None:
        self.until(lambda: any(text in shown for shown in self.shown(pane)))

    def pops(self, text: str) -> None:
        self.until(lambda: any(text in toast.text for toast in self.all(".toast")))

    def key(self, label: str) -> WebElement:
        return self.until(  # type: ignore[no-any-return]
            lambda: next((key for key in self.all(".message .key") if key.text == label), None)
        )

    def begin(self, pane: int, *words: str) -> None:
        """Press Start, then write."""
        self.click(".start", pane)
        self.sees(pane, "welcome")
        for word in words:
            self.write(pane, word)

    def active(self) -> str:
        return str(self.browser.execute_script("return document.activeElement.className"))


class SmallBot:
    """It greets, repeats what it is told, and shows what Telegram can show when asked for it by name."""

    def __init__(self, address: str) -> None:
        self._client = httpx.AsyncClient(base_url=f"{address}/bot{TOKEN}/", timeout=30)
        self._answers: dict[str, Callable[[int, Json], Awaitable[object]]] = {
            "/start": self._greet,
            "buttons": self._buttons,
            "rich": self._rich,
            "long": self._long,
            "photo": self._photo,
            "file": self._file,
            "slowly": self._slowly,
            "gone": self._gone,
            "keys": self._keys,
            "react": self._react,
        }

    async def ask(self, method: str, **fields: object) -> Any:  # noqa: ANN401 - whatever the method answers
        return (await self._client.post(method, json=fields)).json().get("result")

    async def set_up(self) -> None:
        english = {"start": "begin", "plan": "which programme fits me", "programmes": "the seven of them"}
        italian = {"start": "inizia", "plan": "quale programma fa per me", "programmes": "tutti e sette"}
        for language, menu in (("", english), ("it", italian)):
            commands = [{"command": name, "description": what} for name, what in menu.items()]
            await self.ask("setMyCommands", commands=commands, language_code=language)
        await self.ask("setMyName", name="Mobility desk")
        await self.ask("setMyName", name="Sportello mobilità", language_code="it")
        await self.ask("setMyDescription", description="Ask me about going abroad.")
        await self.ask("setMyDescription", description="Chiedimi come andare all'estero.", language_code="it")

    async def run(self) -> None:
        offset = 0
        async with self._client:
            while True:
                try:
                    updates = await self.ask("getUpdates", offset=offset, timeout=20) or []
                except (httpx.HTTPError, ValueError):
                    await asyncio.sleep(0.2)
                    continue
                for update in updates:
                    offset = update["update_id"] + 1
                    await self._take(update)

    async def say(self, chat_id: int, text: str, **more: object) -> Any:  # noqa: ANN401 - the message
        return await self.ask("sendMessage", chat_id=chat_id, text=text, **more)

    async def _take(self, update: Json) -> None:
        if "callback_query" in update:
            await self._pressed(update["callback_query"])
        elif "message" in update:
            message = update["message"]
            text = message.get("text", "")
            answer = self._answers.get(text.split(" ")[0], self._repeat)
            await answer(message["chat"]["id"], message)
        elif "edited_message" in update:
            message = update["edited_message"]
            await self.say(message["chat"]["id"], f"edited to: {message['text']}")

    async def _pressed(self, query: Json) -> None:
        message, data = query["message"], query["data"]
        if data == "edit":
            await self.ask(
                "editMessageText", chat_id=message["chat"]["id"], message_id=message["message_id"], text="all done"
            )
        if data == "late":
            await asyncio.sleep(0.8)
        if data != "silent":
            text = {"toast": "short word", "alert": "Read this <b>slowly</b>"}.get(data, "")
            await self.ask("answerCallbackQuery", callback_query_id=query["id"], text=text, show_alert=data == "alert")

    async def _repeat(self, chat_id: int, message: Json) -> None:
        kind = next((one for one in ("photo", "document", "sticker", "location") if one in message), "")
        await self.say(chat_id, f"you said: {message.get('text') or message.get('caption') or ''}{kind}")

    async def _greet(self, chat_id: int, message: Json) -> None:
        await self.say(chat_id, f"welcome {message['text'].removeprefix('/start').strip()}".strip())

    async def _buttons(self, chat_id: int, _: Json) -> None:
        rows = [
            [{"text": "Toast", "callback_data": "toast"}, {"text": "Alert", "callback_data": "alert"}],
            [{"text": "Edit", "callback_data": "edit"}, {"text": "Late", "callback_data": "late", "style": "primary"}],
            [{"text": "Open", "url": "https://www.unimi.it/"}, {"text": "Copy", "copy_text": {"text": "IMS-2027"}}],
            [{"text": "Link", "url": "https://t.me/desk_bot?start=free-mover"}],
        ]
        await self.say(chat_id, "press one", reply_markup={"inline_keyboard": rows})

    async def _rich(self, chat_id: int, _: Json) -> None:
        text = (
            "🎓 <b>bold <i>both</i></b> <u>under</u> <s>gone</s> <code>x &lt; y</code> "
            '<a href="https://www.unimi.it/">site</a> <tg-spoiler>secret</tg-spoiler> /plan @someone '
            '<tg-time unix="1795194000" format="D">20 November</tg-time>\n'
            "<blockquote>a quote</blockquote>\n<blockquote expandable>1\n2\n3\n4\n5\n6</blockquote>\n"
            '<pre><code class="language-python">print("hi")</code></pre>\n'
            "&lt;img src=x onerror=alert(1)&gt; &lt;script&gt;document.title='broken'&lt;/script&gt;"
        )
        await self.say(chat_id, text, parse_mode="HTML")

    async def _long(self, chat_id: int, _: Json) -> None:
        for number in range(20):
            await self.say(chat_id, f"line {number}\n\nmore of it")

    async def _photo(self, chat_id: int, _: Json) -> None:
        await self._client.post("sendPhoto", data={"chat_id": chat_id, "caption": "a map"}, files={"photo": PNG})

    async def _file(self, chat_id: int, _: Json) -> None:
        files = {"document": ("call.html", b"<script>alert(1)</script>", "text/html")}
        await self._client.post("sendDocument", data={"chat_id": chat_id}, files=files)

    async def _slowly(self, chat_id: int, _: Json) -> None:
        await self.ask("sendChatAction", chat_id=chat_id, action="typing")
        await asyncio.sleep(1)
        await self.say(chat_id, "thought about it")

    async def _gone(self, chat_id: int, _: Json) -> None:
        sent = await self.say(chat_id, "soon gone")
        await asyncio.sleep(0.5)
        await self.ask("deleteMessage", chat_id=chat_id, message_id=sent["message_id"])

    async def _keys(self, chat_id: int, message: Json) -> None:
        markup = {"keyboard": [[{"text": "study"}, {"text": "thesis"}]], "resize_keyboard": True}
        answered = json.dumps({"message_id": message["message_id"]})
        await self.say(chat_id, "choose", reply_markup=markup, reply_parameters=answered)

    async def _react(self, chat_id: int, message: Json) -> None:
        reaction = [{"type": "emoji", "emoji": "👍"}]
        await self.ask("setMessageReaction", chat_id=chat_id, message_id=message["message_id"], reaction=reaction)
