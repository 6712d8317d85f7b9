"""What people send each other over the bot, in a real browser: a student's chat beside a tutor's."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium.webdriver.chrome.webdriver import WebDriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from bot.playground.files import Upload
from bot.playground.world import World
from tests.browser import Screen, Served
from tests.playground_bot import PNG

ADAM, ROSSI = 1002, 1003
STUDENT, TUTOR = 0, 1
PHOTO, FILE = 1, 2
PICTURE = Upload("map.png", PNG)


@pytest.fixture
def screen(browser: WebDriver) -> Iterator[Screen]:
    with Served() as served:
        found = Screen(browser, served.address, served)
        found.open()
        found.click(f'.person[data-person="{ADAM}"]', STUDENT)
        found.click(f'.person[data-person="{ROSSI}"]', TUTOR)
        found.begin(STUDENT)
        found.begin(TUTOR)
        yield found
        browser.get("about:blank")
    complaints = [line["message"] for line in browser.get_log("browser") if line["level"] == "SEVERE"]  # type: ignore[no-untyped-call]
    assert not [line for line in complaints if "net::ERR" not in line]


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    """Three pictures and two other files."""
    contents = {"a.png": PNG, "b.png": PNG, "c.png": PNG, "cv.pdf": b"%PDF", "letter.pdf": b"%PDF"}
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    return [str(tmp_path / name) for name in contents]


def attach(screen: Screen, pane: int, kind: int, *paths: str) -> None:
    """Choose files from the menu of the paper clip."""
    screen.click(".composer [aria-haspopup=menu]", pane)
    screen.click(f".attach > button:nth-child({kind})", pane)
    choose(screen, pane, *paths)


def choose(screen: Screen, pane: int, *paths: str) -> None:
    field = screen.browser.find_element(By.CSS_SELECTOR, f'.pane[data-pane="{pane}"] input[type=file]')
    field.send_keys("\n".join(paths))


def hover(screen: Screen, selector: str, pane: int) -> None:
    """Press a button that shows while the pointer is over its message."""
    script = 'document.querySelector(`.pane[data-pane="${arguments[0]}"] ${arguments[1]}`).click()'
    screen.browser.execute_script(script, pane, selector)


def test_two_chats_stand_side_by_side_and_are_written_in_apart(screen: Screen) -> None:
    screen.one("textarea", STUDENT).send_keys("half a question")
    screen.write(TUTOR, "whole answer")
    screen.sees(TUTOR, "you said: whole answer")
    assert "whole answer" not in "".join(screen.shown(STUDENT))
    assert screen.one("textarea", STUDENT).get_property("value") == "half a question"
    screen.browser.refresh()
    screen.until(lambda: len(screen.all(".person[aria-selected=true]")) == 2)
    chosen = [person.get_attribute("data-person") for person in screen.all(".person[aria-selected=true]")]
    assert chosen == [str(ADAM), str(ROSSI)]


def test_pictures_chosen_together_are_an_album_here_and_where_they_are_copied(screen: Screen, files: list[str]) -> None:
    screen.one("textarea", STUDENT).send_keys("where I go")
    attach(screen, STUDENT, PHOTO, *files[:3])
    screen.until(lambda: len(screen.all(".album.pictures .photo img", STUDENT)) == 3)
    assert screen.one(".album-foot .text", STUDENT).text.startswith("where I go")
    assert screen.one("textarea", STUDENT).get_property("value") == ""
    ids = [int(str(one.get_attribute("data-id"))) for one in screen.all(".album .message", STUDENT)]
    copies = {"chat_id": ROSSI, "from_chat_id": ADAM, "message_ids": ids}
    screen.served.do(screen.served.bot.ask("copyMessages", **copies))
    screen.until(lambda: len(screen.all(".album.pictures.in .photo", TUTOR)) == 3)
    screen.sees(TUTOR, "where I go")
    tops = {image.rect["y"] for image in screen.all(".album .photo", TUTOR)}
    assert len(tops) == 1


def test_other_files_stand_one_under_the_other(screen: Screen, files: list[str]) -> None:
    attach(screen, STUDENT, FILE, *files[3:])
    screen.until(
        lambda: [name.text for name in screen.all(".album.files .file b", STUDENT)] == ["cv.pdf", "letter.pdf"]
    )
    attach(screen, STUDENT, PHOTO, *files[:2], files[3])
    screen.until(lambda: len(screen.all(".album.pictures .photo", STUDENT)) == 2)
    screen.until(lambda: len(screen.all(".file", STUDENT)) == 3)


def test_a_file_may_be_the_reply(screen: Screen, files: list[str]) -> None:
    hover(screen, ".message.in .reply-button", TUTOR)
    attach(screen, TUTOR, FILE, files[3])
    screen.until(lambda: screen.all(".message.out .quoted", TUTOR))
    assert "welcome" in screen.one(".message.out .quoted", TUTOR).text
    assert not screen.all(".context", TUTOR)
    hover(screen, ".message.in .reply-button", TUTOR)
    attach(screen, TUTOR, PHOTO, *files[:2])
    screen.until(lambda: screen.all(".album-head .quoted", TUTOR))


def test_a_microphone_stands_where_nothing_is_written(screen: Screen, tmp_path: Path) -> None:
    assert not screen.all(".send", STUDENT)
    screen.one("textarea", STUDENT).send_keys("x")
    screen.until(lambda: screen.all(".send", STUDENT) and not screen.all(".mic", STUDENT))
    screen.one("textarea", STUDENT).send_keys(Keys.BACKSPACE)
    screen.click(".mic", STUDENT)
    spoken = tmp_path / "spoken.ogg"
    spoken.write_bytes(b"OggS")
    field = screen.browser.find_element(By.CSS_SELECTOR, '.pane[data-pane="0"] input[type=file]')
    screen.until(lambda: field.get_attribute("accept") == "audio/*")
    choose(screen, STUDENT, str(spoken))
    screen.until(lambda: screen.all("audio", STUDENT))
    voice = screen.served.call(lambda world: next(m["voice"] for m in world.messages(ADAM) if "voice" in m))
    assert voice["mime_type"] == "audio/ogg"


def test_words_are_written_anew_with_the_pen(screen: Screen, files: list[str]) -> None:
    screen.write(STUDENT, "helo")
    screen.sees(STUDENT, "you said: helo")
    assert not screen.browser.find_elements(By.CSS_SELECTOR, ".message.in .edit-button")
    hover(screen, '.message[data-id="3"] .edit-button', STUDENT)
    assert screen.one("textarea", STUDENT).get_property("value") == "helo"
    screen.press(Keys.END, Keys.BACKSPACE, "lo", Keys.ENTER)
    screen.sees(STUDENT, "edited to: hello")
    screen.one("textarea", STUDENT).send_keys("a map")
    attach(screen, STUDENT, PHOTO, files[0])
    screen.sees(STUDENT, "a map")
    screen.one("textarea", STUDENT).send_keys(Keys.ARROW_UP, " of Oslo", Keys.ENTER)
    screen.sees(STUDENT, "a map of Oslo")


def test_a_link_to_the_bot_in_a_message_starts_it_for_whose_chat_it_is(screen: Screen) -> None:
    say = screen.served.bot.say(ROSSI, "invite: https://t.me/desk_bot?start=tutor-7")
    screen.served.do(say)
    screen.click(".text .link", TUTOR)
    assert screen.one(".start", TUTOR).text == "AVVIA\nstart=tutor-7"
    assert not screen.all(".start", STUDENT)
    screen.click(".start", TUTOR)
    screen.sees(TUTOR, "welcome tutor-7")
    assert "welcome tutor-7" not in screen.shown(STUDENT)


def send_everything(world: World) -> None:
    adam = world.people[ADAM]
    for kind in ("video", "animation", "video_note", "audio", "voice"):
        world.send_file(adam, kind, PICTURE)
    world.send_contact(adam, "+39 02", "Chiara")
    world.send_file(adam, "document", Upload("talk.mp4", b"x", pretended=30 * 2**20))
    world.pin(adam, 1)


def test_everything_people_can_send_is_shown(screen: Screen) -> None:
    screen.served.call(send_everything)
    screen.until(lambda: len(screen.all("video.film", STUDENT)) == 3)
    screen.until(lambda: len(screen.all("audio", STUDENT)) == 2)
    assert screen.one(".contact", STUDENT).text == "Chiara\n+39 02"
    assert screen.all(".file small", STUDENT)[-1].text == "30.0 MB"
    screen.sees(STUDENT, "Pinned a message")


def test_a_reaction_is_still_there_after_a_reload(screen: Screen) -> None:
    screen.write(STUDENT, "react")
    screen.until(lambda: screen.all(".reactions span", STUDENT))
    screen.browser.refresh()
    screen.until(lambda: screen.all(".reactions span", STUDENT))
