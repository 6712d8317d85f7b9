"""The season in a real browser: ``bot try`` as a process, two chats side by side, and the clock in the panel."""

from __future__ import annotations

from pathlib import Path

from selenium.common.exceptions import TimeoutException
from selenium.webdriver.chrome.webdriver import WebDriver

from tests.browser import Screen
from tests.test_demo import OPENED, trying

MARCO = 1003
LEFT, RIGHT = 0, 1


def hears_of_the_opening(screen: Screen) -> bool:
    """Press "To the next event" and look at Giulia's chat for a while."""
    screen.click(".next-event")
    screen.until(lambda: screen.all("#controls output.shift"))
    try:
        screen.sees(LEFT, OPENED)
    except TimeoutException:  # it was another event
        return False
    return True


async def test_an_alert_appears_when_its_moment_is_jumped_to(browser: WebDriver, tmp_path: Path) -> None:
    async with trying(tmp_path) as (program, page):
        screen = Screen(browser, str(page.base_url).rstrip("/"))
        screen.open()
        screen.click(f'.person[data-person="{MARCO}"]', RIGHT)
        screen.click(".start", RIGHT)
        screen.sees(RIGHT, "Ciao Marco!")
        screen.click(".start", LEFT)
        screen.sees(LEFT, "Ciao Giulia!")
        screen.write(LEFT, "/subscribe all")
        screen.sees(LEFT, "Avvisi attivati")
        screen.click(".controls-button")
        assert any(hears_of_the_opening(screen) for _ in range(4))
        screen.sees(RIGHT, "🐤")
        canary = next(text for text in screen.shown(RIGHT) if OPENED in text)
        assert canary.startswith("🐤")
        (alert,) = [text for text in screen.shown(LEFT) if OPENED in text]
        assert alert.startswith("🟢")
        assert "ahead of real time" in screen.one("#controls").text
        assert screen.key("📅 File calendario").is_displayed()
        browser.get("about:blank")
    assert "Traceback" not in program.log()
