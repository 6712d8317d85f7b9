"""Takes the README's pictures from a running ``bot try --port 8080``: .venv/bin/python docs/screenshots.py [address]"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

FOLDER = Path(__file__).parent
FLAGS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars",
         "--disable-background-networking", "--disable-component-update", "--disable-sync"]  # fmt: skip


def browser(width: int, height: int) -> webdriver.Chrome:
    options = webdriver.ChromeOptions()
    for flag in [*FLAGS, f"--window-size={width},{height}", f"--user-data-dir={tempfile.mkdtemp()}"]:
        options.add_argument(flag)
    options.binary_location = "/usr/bin/chromium"
    return webdriver.Chrome(options=options, service=webdriver.ChromeService("/usr/bin/chromedriver"))


def panes(page: webdriver.Chrome) -> list:
    return page.find_elements(By.CSS_SELECTOR, ".pane")


def start(page: webdriver.Chrome, pane: int) -> None:
    panes(page)[pane].find_element(By.CSS_SELECTOR, ".start").click()
    time.sleep(1.5)


def write(page: webdriver.Chrome, pane: int, text: str) -> None:
    box = panes(page)[pane].find_element(By.TAG_NAME, "textarea")
    box.send_keys(text, Keys.ENTER)
    time.sleep(2)


def press(page: webdriver.Chrome, pane: int, text: str) -> None:
    keys = [each for each in panes(page)[pane].find_elements(By.CSS_SELECTOR, ".keys button, .keyboard button, .bubble button, .log button") if each.text.strip() == text]
    page.execute_script("arguments[0].click()", keys[-1])
    time.sleep(1.5)


def main() -> None:
    address = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8080"
    page = browser(1280, 900)
    page.get(address)
    time.sleep(2)
    start(page, 0)
    start(page, 1)
    write(page, 1, "hw long can a free movr stay in sevilla")
    write(page, 1, "ok and the money?")
    write(page, 0, "ciao! entro quando faccio domanda x il placement? 🙏")
    write(page, 0, "e quanto danno?")
    page.save_screenshot(str(FOLDER / "question.png"))
    press(page, 0, "🧭 Che cosa fa per me?")
    press(page, 0, "4°")
    for answer in ("reparto", "in spagna", "luglio e agosto"):
        write(page, 0, answer)
    press(page, 1, "🧭 What fits me?")
    for answer in ("5", "a traineeship", "anywhere"):
        press(page, 1, answer)
    press(page, 1, "📅 Pick from a calendar")
    press(page, 1, "›")
    log = panes(page)[0].find_element(By.CSS_SELECTOR, ".log")
    page.execute_script("arguments[0].scrollTop = arguments[0].scrollHeight - 1480", log)
    time.sleep(1)
    page.save_screenshot(str(FOLDER / "plan.png"))
    ticket(page)
    group(page)
    season(page)
    page.quit()


def ticket(page: webdriver.Chrome) -> None:
    """A student asks a person, and the tutor answers beside it."""
    panes(page)[1].find_element(By.CSS_SELECTOR, '.person[data-person="1004"]').click()
    time.sleep(1)
    write(page, 0, "posso portare il mio cane a Siviglia?")
    press(page, 0, "🙋 Chiedi a una persona")
    press(page, 0, "Invia")
    press(page, 1, "Claim")
    write(page, 1, "/reply 1 It depends on the residence: ask the international office there, they are quick 🐕")
    time.sleep(2)
    page.save_screenshot(str(FOLDER / "ticket.png"))
    panes(page)[1].find_element(By.CSS_SELECTOR, '.person[data-person="1002"]').click()
    time.sleep(1)


def group(page: webdriver.Chrome) -> None:
    """In a class group the bot answers where it is named, and in any chat it offers cards."""
    for pane in (0, 1):
        panes(page)[pane].find_element(By.CSS_SELECTOR, ".chat-opener").click()
        time.sleep(1)
    write(page, 1, "did anybody go as a free mover?")
    write(page, 0, "io no! @ims_mobility_bot quanto dura un free mover?")
    panes(page)[1].find_element(By.TAG_NAME, "textarea").send_keys("@ims_mobility_bot when does the erasmus study call open")
    time.sleep(3)
    page.save_screenshot(str(FOLDER / "group.png"))
    panes(page)[1].find_element(By.TAG_NAME, "textarea").clear()
    for pane in (0, 1):
        panes(page)[pane].find_element(By.CSS_SELECTOR, ".chat-opener").click()
        time.sleep(1)


def season(page: webdriver.Chrome) -> None:
    """A student follows all calls, staff announce one, and the clock goes to what happens next."""
    page.set_window_size(1680, 900)
    write(page, 0, "/subscribe all")
    start(page, 2)
    write(page, 2, "/announce thesis-scholarship 2026-11-20 2026-12-20T12:00 https://www.unimi.it")
    page.find_element(By.CSS_SELECTOR, ".controls-button").click()
    time.sleep(1)
    for _ in range(2):
        page.find_element(By.CSS_SELECTOR, ".next-event").click()
        time.sleep(4)
    page.save_screenshot(str(FOLDER / "season.png"))


main()
