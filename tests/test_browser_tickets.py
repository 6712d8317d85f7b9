"""A question in a real browser: the student and the tutor side by side, from the question to "it helped"."""

from __future__ import annotations

from pathlib import Path

from selenium.webdriver.chrome.webdriver import WebDriver

from bot.demo import TUTOR
from tests.browser import Screen
from tests.test_demo import trying

STUDENT, BESIDE = 0, 1


def press(screen: Screen, pane: int, label: str) -> None:
    """Press the newest button with a label in one of the chats."""
    screen.until(lambda: [key for key in screen.all(".message .key", pane) if key.text == label])[-1].click()


async def test_a_tutor_answers_beside_the_student(browser: WebDriver, tmp_path: Path) -> None:
    async with trying(tmp_path) as (program, page):
        screen = Screen(browser, str(page.base_url).rstrip("/"))
        screen.open()
        screen.click(f'.person[data-person="{TUTOR}"]', BESIDE)
        screen.sees(BESIDE, "Hello Anna!")
        screen.click(".start", STUDENT)
        screen.sees(STUDENT, "Ciao Giulia!")
        screen.write(STUDENT, "posso portare il mio cane a Siviglia?")
        screen.sees(STUDENT, "preferisco non tirare a indovinare")
        press(screen, STUDENT, "🙋 Chiedi a una persona")
        screen.sees(STUDENT, "Ecco che cosa leggerà un tutor")
        press(screen, STUDENT, "Invia")
        screen.sees(STUDENT, "ticket #1")
        screen.sees(BESIDE, "🎫 #1")
        assert "Giulia" not in "".join(screen.shown(BESIDE))
        press(screen, BESIDE, "Claim")
        screen.sees(BESIDE, "claimed by Anna")
        card = next(each for each in screen.all(".message.in", BESIDE) if "🎫 #1" in each.text)
        browser.execute_script("arguments[0].querySelector('.reply-button').click()", card)
        screen.write(BESIDE, "Ask the university there 🐕")
        screen.sees(STUDENT, "Ask the university there 🐕")
        screen.sees(BESIDE, "has arrived")
        press(screen, STUDENT, "👍 Sì, grazie")
        screen.sees(STUDENT, "#1 è chiuso")
        screen.sees(BESIDE, "closed")
        browser.get("about:blank")
    assert "Traceback" not in program.log()
