"""A group and the bot's cards in a real browser: what two students of a class see, side by side."""

from __future__ import annotations

from pathlib import Path

from selenium.webdriver.chrome.webdriver import WebDriver
from selenium.webdriver.common.keys import Keys

from tests.browser import PHONE, Screen
from tests.test_demo import trying

LEFT, RIGHT = 0, 1
BOT = "@ims_mobility_bot"
ASK = "how long can a free mover stay?"
ANSWER = "Free Mover · When and how long"


def cards(screen: Screen, pane: int) -> list[str]:
    """The first lines of the cards above the text field."""
    return [card.text.split("\n")[0] for card in screen.all(".cards .option", pane)]


def chosen(screen: Screen, pane: int) -> str:
    """The card that the keyboard has arrived at, as a screen reader is told."""
    field = screen.one("textarea", pane)
    (card,) = screen.all(".cards .option[aria-selected=true]", pane)
    assert field.get_attribute("aria-activedescendant") == card.get_attribute("id")
    assert field.get_attribute("aria-controls") == screen.one(".cards", pane).get_attribute("id")
    return card.text.split("\n")[0]


def talk_in_the_group(screen: Screen) -> None:
    """The bot is silent until it is spoken to, and leads to its own chat."""
    assert screen.one(".chat-opener", LEFT).get_attribute("aria-label") == "Apri la chat IMS class"
    for pane in (LEFT, RIGHT):
        screen.click(".chat-opener", pane)
    assert [title.text for title in screen.all(".bot-name")] == ["IMS class"] * 2
    assert "Giulia, Adam" in screen.one(".bot-status", RIGHT).text
    assert not screen.all(".menu-button, .composer [aria-haspopup=menu], .mic, .start")
    screen.write(LEFT, "qualcuno è stato via?")
    screen.sees(RIGHT, "qualcuno è stato via?")
    assert screen.one(".message.in .author", RIGHT).text == "Giulia"
    assert not screen.all(".message.out .author", LEFT)
    screen.write(RIGHT, f"let us ask {BOT}: {ASK}")
    screen.sees(LEFT, ANSWER)
    assert [message.text.split("\n")[0] for message in screen.all(".message.in", LEFT)] == [
        "Adam",
        "IMS mobility helpdesk",
    ]
    assert screen.one(".message.in .quoted", LEFT).text.startswith("Adam\n")


def choose_a_card(screen: Screen) -> None:
    """Typing the bot's name shows what it offers; the chosen card is posted for all to read."""
    field = screen.one("textarea", RIGHT)
    field.send_keys("@ims")
    assert screen.one(".option", RIGHT).text.startswith(BOT)
    field.send_keys(Keys.TAB)
    assert field.get_property("value") == f"{BOT} "
    screen.until(lambda: len(cards(screen, RIGHT)) == 8)
    assert cards(screen, RIGHT)[0] == "💬 Ask in the bot"
    field.send_keys(ASK)
    screen.until(lambda: cards(screen, RIGHT)[:1] == [ANSWER])
    field.send_keys(Keys.ARROW_DOWN, Keys.ARROW_DOWN)
    assert chosen(screen, RIGHT) != ANSWER
    field.send_keys(Keys.ARROW_UP)
    assert chosen(screen, RIGHT) == ANSWER
    field.send_keys(Keys.ENTER)
    screen.until(lambda: f"via {BOT}" in screen.one(".message.out", RIGHT).text)
    assert field.get_property("value") == ""
    assert not screen.all(".cards", RIGHT)
    screen.until(lambda: f"Adam via {BOT}" in screen.all(".message.in .author", LEFT)[-1].text.replace("\n", " "))


def follow_the_links(screen: Screen) -> None:
    """The button below a card opens that answer in the reader's own chat, the one above the cards the bot."""
    screen.all(".message.in .key", LEFT)[-1].click()
    assert screen.one(".start", LEFT).text == "AVVIA\nstart=free-mover_period"
    screen.click(".start", LEFT)
    screen.sees(LEFT, "Free Mover · Quando e quanto")
    assert screen.one(".bot-name", LEFT).text == "IMS mobility helpdesk"
    field = screen.one("textarea", RIGHT)
    field.send_keys(f"{BOT} exchange my locker")
    screen.until(lambda: cards(screen, RIGHT) == ["💬 Ask in the bot"])
    field.send_keys(Keys.ARROW_DOWN, Keys.ENTER)
    assert screen.one(".start", RIGHT).text == "START\nstart=ask"
    screen.click(".start", RIGHT)
    screen.sees(RIGHT, "Hello Adam!")
    screen.write(LEFT, f"{BOT} exchange my locker")  # not chosen: it is sent as it stands
    screen.sees(LEFT, f"{BOT} exchange my locker")


async def test_a_class_talks_and_the_bot_answers_where_it_is_spoken_to(browser: WebDriver, tmp_path: Path) -> None:
    async with trying(tmp_path) as (program, page):
        screen = Screen(browser, str(page.base_url).rstrip("/"))
        screen.open()
        talk_in_the_group(screen)
        choose_a_card(screen)
        follow_the_links(screen)
        screen.click(".chat-opener", RIGHT)
        screen.sees(RIGHT, "qualcuno è stato via?")
        screen.open(size=PHONE)
        widths = browser.execute_script(
            "return [innerWidth, document.querySelector('.pane').getBoundingClientRect().right]"
        )
        assert widths[1] <= widths[0]
        browser.get("about:blank")
    complaints = [line["message"] for line in browser.get_log("browser") if line["level"] == "SEVERE"]  # type: ignore[no-untyped-call]
    assert not [line for line in complaints if "net::ERR" not in line]
    assert "Traceback" not in program.log()
