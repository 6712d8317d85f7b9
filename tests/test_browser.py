"""The chat page in a real browser, on a served playground with a small bot in it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from selenium.webdriver.chrome.webdriver import WebDriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from tests.browser import PHONE, Screen, Served
from tests.playground_bot import PNG, TOKEN

GIULIA, ADAM, ROSSI = 1001, 1002, 1003
LEFT, RIGHT = 0, 1
TOUCH = 44
AA = 4.5
DARK, LIGHT = "rgb(11, 17, 24)", "rgb(228, 233, 238)"


@pytest.fixture
def screen(browser: WebDriver) -> Iterator[Screen]:
    with Served() as served:
        found = Screen(browser, served.address, served)
        found.open()
        yield found
        browser.get("about:blank")
    complaints = [line["message"] for line in browser.get_log("browser") if line["level"] == "SEVERE"]  # type: ignore[no-untyped-call]
    assert not [line for line in complaints if "net::ERR" not in line and "409" not in line]


def test_two_people_see_the_bot_in_their_own_language(screen: Screen) -> None:
    assert [name.text for name in screen.all(".bot-name")] == ["Sportello mobilità", "Mobility desk"]
    assert [start.text for start in screen.all(".start")] == ["AVVIA", "START"]
    assert "Chiedimi come andare all'estero." in screen.one(".welcome", LEFT).text
    assert "Ask me about going abroad." in screen.one(".welcome", RIGHT).text
    assert [chat.get_attribute("lang") for chat in screen.all(".chat")] == ["it", "en"]
    screen.begin(RIGHT, "hello there")
    screen.sees(RIGHT, "you said: hello there")
    assert screen.shown(LEFT) == []
    assert [day.text for day in screen.all(".day")] == ["Today"]


def test_text_is_rendered_from_entities_and_never_as_html(screen: Screen) -> None:
    screen.begin(RIGHT, "rich", "<b>me</b> <img src=x onerror=alert(1)>")
    screen.sees(RIGHT, "<script>document.title='broken'</script>")
    screen.sees(RIGHT, "you said: <b>me</b> <img src=x onerror=alert(1)>")
    for selector, text in {
        "strong": "bold both", "strong em": "both", "u": "under", "s": "gone", "code[role]": "x < y", "a": "site",
        "button.command:not([tabindex='0'])": "/plan", "blockquote:not(.expandable)": "a quote",
        "pre code": 'print("hi")', ".pre-head": "python", ".named": "@someone", "time[title]": "20 November 2026",
    }.items():  # fmt: skip
        assert text in [element.text for element in screen.all(f".text {selector}", RIGHT)], selector
    assert not screen.all(".text img, .text script")
    link = screen.one(".text a", RIGHT)
    assert (link.get_attribute("href"), link.get_attribute("rel")) == ("https://www.unimi.it/", "noopener noreferrer")
    assert "broken" not in screen.browser.title
    assert screen.shown(RIGHT)[3].startswith("🎓 bold")


def test_hidden_and_folded_text_opens_when_pressed(screen: Screen) -> None:
    screen.begin(RIGHT, "rich")
    spoiler = screen.one(".spoiler")
    assert spoiler.get_attribute("aria-label") == "Hidden text, press to show"
    spoiler.click()
    assert "shown" in str(spoiler.get_attribute("class"))
    folded = screen.one(".folded")
    low = folded.size["height"]
    screen.click(".unfold")
    screen.until(lambda: folded.size["height"] > low * 1.5)
    assert screen.one(".unfold").get_attribute("aria-expanded") == "true"


def test_a_command_in_a_text_is_sent_when_pressed(screen: Screen) -> None:
    screen.begin(RIGHT, "rich")
    screen.click(".in .command")
    screen.sees(RIGHT, "you said: /plan")


def test_buttons_wait_for_the_bot_and_show_its_answer(screen: Screen) -> None:
    screen.begin(RIGHT, "buttons")
    screen.key("Toast").click()
    screen.pops("short word")
    late = screen.key("Late")
    late.click()
    screen.until(lambda: late.get_attribute("aria-busy") == "true")
    screen.until(lambda: late.get_attribute("aria-busy") == "false")
    screen.key("Alert").click()
    assert "Read this <b>slowly</b>" in screen.one(".alert").text
    assert screen.browser.switch_to.active_element.text == "OK"
    screen.press(Keys.TAB, Keys.ESCAPE)
    screen.until(lambda: not screen.all(".alert"))
    assert screen.browser.switch_to.active_element.text == "Alert"
    screen.key("Copy").click()
    screen.pops("Copied")
    opens = screen.key("Open")
    assert (opens.tag_name, opens.get_attribute("target")) == ("a", "_blank")
    screen.key("Edit").click()
    screen.sees(RIGHT, "all done")
    assert not screen.all(".message .key")
    assert "edited" in screen.all(".message.in")[-1].text


def test_a_link_to_the_bot_offers_start_with_its_payload(screen: Screen) -> None:
    screen.begin(RIGHT, "buttons")
    screen.key("Link").click()
    assert screen.one(".start", RIGHT).text == "START\nstart=free-mover"
    screen.click(".start", RIGHT)
    screen.sees(RIGHT, "/start free-mover")
    screen.sees(RIGHT, "welcome free-mover")


def test_the_address_may_carry_a_payload(screen: Screen) -> None:
    screen.open("?start=free-mover")
    assert "start=free-mover" in screen.one(".start", RIGHT).text
    assert "start=" not in screen.one(".start", LEFT).text
    assert screen.shown(RIGHT) == []
    screen.click(".start", RIGHT)
    screen.sees(RIGHT, "welcome free-mover")
    screen.open("?start=call_7&as=giulia")
    assert "start=call_7" in screen.one(".start", LEFT).text


def test_the_menu_of_commands_is_walked_by_keys(screen: Screen) -> None:
    screen.begin(LEFT)
    field = screen.one("textarea", LEFT)
    field.send_keys("/")
    assert [o.text for o in screen.all(".option")] == [
        "/start\ninizia", "/plan\nquale programma fa per me", "/programmes\ntutti e sette"
    ]  # fmt: skip
    field.send_keys("p")
    assert len(screen.all(".option")) == 2
    field.send_keys(Keys.ARROW_DOWN)
    chosen = screen.one(".option[aria-selected=true]")
    assert chosen.get_attribute("id") == field.get_attribute("aria-activedescendant")
    field.send_keys(Keys.ENTER)
    screen.sees(LEFT, "you said: /programmes")
    assert field.get_property("value") == ""
    screen.click(".menu-button", LEFT)
    field.send_keys(Keys.ESCAPE)
    assert not screen.all(".option")
    field.send_keys("/pl", Keys.TAB, "now", Keys.ENTER)
    screen.sees(LEFT, "you said: /plan now")


def test_lines_long_texts_and_edits(screen: Screen) -> None:
    screen.begin(RIGHT)
    screen.write(RIGHT, "one", Keys.SHIFT + Keys.ENTER + Keys.NULL, "two")
    screen.sees(RIGHT, "one\ntwo")
    script = "const f = document.querySelectorAll('textarea')[1]; f.value = 'word '.repeat(1000) + 'end'; f.focus();"
    screen.browser.execute_script(script)
    screen.press(Keys.ENTER)
    screen.sees(RIGHT, "end")
    assert len([text for text in screen.shown(RIGHT) if text.startswith("word")]) == 2
    screen.write(RIGHT, "helo")
    screen.sees(RIGHT, "you said: helo")
    field = screen.one("textarea", RIGHT)
    field.send_keys(Keys.ARROW_UP)
    assert field.get_property("value") == "helo"
    assert "Edit message" in screen.one(".context", RIGHT).text
    field.send_keys(Keys.ESCAPE)
    assert field.get_property("value") == ""
    field.send_keys(Keys.ARROW_UP, "!", Keys.ENTER)
    screen.sees(RIGHT, "edited to: helo!")
    assert "edited" in screen.all(".message.out", RIGHT)[-1].text


def test_replies_by_mouse_and_by_keyboard(screen: Screen) -> None:
    screen.begin(RIGHT, "first")
    screen.sees(RIGHT, "you said: first")
    screen.browser.execute_script("document.querySelector('.message.in .reply-button').click()")
    assert "Reply to Mobility desk" in screen.one(".context", RIGHT).text
    screen.press("an answer", Keys.ENTER)
    screen.sees(RIGHT, "you said: an answer")
    assert "welcome" in screen.one(".message.out .quoted", RIGHT).text
    assert not screen.all(".context", RIGHT)
    screen.browser.execute_script('document.querySelector(\'.pane[data-pane="1"] .message[tabindex="0"]\').focus()')
    screen.press(Keys.ARROW_UP, Keys.ARROW_UP, Keys.ENTER)
    assert "you said: first" in screen.one(".context", RIGHT).text
    screen.press(Keys.ESCAPE)
    assert not screen.all(".context", RIGHT)


def test_everything_is_reached_by_keyboard_alone(screen: Screen) -> None:
    screen.begin(RIGHT, "buttons")
    screen.key("Toast")
    screen.one("textarea", RIGHT).click()
    for _ in range(30):
        screen.press(Keys.SHIFT + Keys.TAB + Keys.NULL)
        if screen.browser.switch_to.active_element.text == "Toast":
            break
    screen.press(Keys.ARROW_RIGHT)
    assert screen.browser.switch_to.active_element.text == "Alert"
    screen.press(Keys.ENTER)
    screen.one(".alert")
    screen.press(Keys.ENTER)
    screen.until(lambda: not screen.all(".alert"))
    screen.press(Keys.ESCAPE)
    assert "message" in screen.active()
    screen.one(".person[aria-selected=true]", RIGHT).send_keys(Keys.ARROW_RIGHT)
    assert screen.browser.switch_to.active_element.text.endswith("Prof. Rossi")
    screen.press(Keys.ENTER)
    assert screen.one(".bot-name", RIGHT).text == "Sportello mobilità"


def test_the_bot_types_reacts_and_takes_back(screen: Screen) -> None:
    screen.begin(RIGHT, "slowly")
    screen.until(lambda: "typing" in screen.one(".bot-status", RIGHT).text)
    screen.sees(RIGHT, "thought about it")
    assert screen.one(".bot-status", RIGHT).text == "bot"
    screen.write(RIGHT, "react")
    screen.until(lambda: screen.all(".reactions span", RIGHT))
    screen.write(RIGHT, "gone")
    screen.sees(RIGHT, "soon gone")
    screen.until(lambda: "soon gone" not in screen.shown(RIGHT))


def test_a_reply_keyboard_writes_for_the_person(screen: Screen) -> None:
    screen.begin(RIGHT, "keys")
    screen.until(lambda: [key.text for key in screen.all(".reply-keys .key", RIGHT)] == ["study", "thesis"])
    screen.click(".reply-keys .key", RIGHT)
    screen.sees(RIGHT, "you said: thesis")


def test_pictures_and_files_go_both_ways(screen: Screen, tmp_path: Path) -> None:
    screen.begin(RIGHT, "photo", "file")
    assert (screen.one(".photo img", RIGHT).size["width"], screen.one(".file b", RIGHT).text) == (360, "call.html")
    mine = tmp_path / "plan.txt"
    mine.write_text("from January")
    screen.click(".composer [aria-label=Attach]", RIGHT)
    assert [item.text for item in screen.all(".attach > button")] == ["Photo", "File", "Place"]
    screen.press(Keys.ARROW_DOWN, Keys.ARROW_DOWN, Keys.ENTER)
    screen.sees(RIGHT, "you said: location")
    screen.browser.find_element(By.CSS_SELECTOR, '.pane[data-pane="1"] input[type=file]').send_keys(str(mine))
    screen.sees(RIGHT, "you said: document")
    screen.click(".composer [aria-label=Attach]", RIGHT)
    screen.click(".stickers button")
    screen.sees(RIGHT, "you said: sticker")
    picture = tmp_path / "map.png"
    picture.write_bytes(PNG)
    screen.one("textarea", RIGHT).send_keys("where I go")
    screen.click(".composer [aria-label=Attach]", RIGHT)
    screen.click(".attach > button:first-child")
    screen.browser.find_element(By.CSS_SELECTOR, '.pane[data-pane="1"] input[type=file]').send_keys(str(picture))
    screen.sees(RIGHT, "you said: where I gophoto")
    assert screen.one("textarea", RIGHT).get_property("value") == ""


def test_the_newest_stays_in_sight_unless_the_reader_went_up(screen: Screen) -> None:
    screen.begin(RIGHT, "long")
    screen.sees(RIGHT, "line 19")
    away = """const log = document.querySelectorAll('.log')[1];
        return log.scrollHeight - log.clientHeight - log.scrollTop"""
    screen.until(lambda: screen.browser.execute_script(away) < 2)
    screen.browser.execute_script("document.querySelectorAll('.log')[1].scrollTop = 0")
    screen.until(lambda: screen.all(".pill", RIGHT))
    screen.served.do(screen.served.bot.say(ADAM, "news"))
    screen.until(lambda: screen.one(".pill", RIGHT).text == "1 new message")
    assert screen.browser.execute_script(away) > 300
    screen.click(".pill", RIGHT)
    screen.until(lambda: screen.browser.execute_script(away) < 2 and not screen.all(".pill", RIGHT))


def test_whoever_is_not_in_sight_has_a_number(screen: Screen) -> None:
    screen.served.call(lambda world: world.start(world.people[ROSSI]))
    screen.until(lambda: [badge.text for badge in screen.all(".badge")] == ["1", "1"])
    assert screen.browser.title.startswith("(1) ")
    screen.click(f'.person[data-person="{ROSSI}"]', LEFT)
    screen.until(lambda: not screen.all(".badge"))
    screen.browser.refresh()
    screen.sees(LEFT, "welcome")


def test_somebody_new_comes_along(screen: Screen) -> None:
    screen.click(".person.plus", LEFT)
    screen.press("Łucja <b>", Keys.TAB, "E", Keys.TAB, Keys.TAB, Keys.ENTER)
    screen.until(lambda: screen.one(".person[aria-selected=true]", LEFT).text.endswith("Łucja <b>"))
    assert screen.one(".chat", LEFT).get_attribute("lang") == "en"
    screen.begin(LEFT, "hi")
    screen.sees(LEFT, "you said: hi")


def test_the_clock_moves_days_and_their_names(screen: Screen) -> None:
    screen.begin(RIGHT)
    screen.click(".controls-button")
    screen.click("[data-step=day]")
    screen.until(lambda: screen.all(".day")[-1].text == "Yesterday")
    screen.click("[data-step=week]")
    screen.until(lambda: "8 days ahead of real time" in screen.one("#controls").text)
    screen.write(RIGHT, "a week later")
    screen.until(lambda: [day.text for day in screen.all(".day")][-1] == "Today")
    assert len(screen.all(".day")) == 2
    screen.browser.execute_script("document.getElementById('moment').value = '2027-01-15T09:30'")
    screen.click("#moment + button")
    screen.until(lambda: "15 Jan 2027, 09:30" in screen.one(".top-clock").text)
    screen.click("#controls .wide")
    screen.until(lambda: "real time" in screen.one("#controls").text)


def test_faults_are_switched_for_everybody_or_for_one(screen: Screen) -> None:
    screen.begin(RIGHT)
    screen.click(".controls-button")
    blocked = next(switch for switch in screen.all(".switch") if "Blocked" in switch.text)
    screen.one("#scope").send_keys("Adam")
    blocked.click()
    screen.until(lambda: blocked.get_attribute("aria-checked") == "true")
    [fault] = screen.served.call(lambda world: world.faults.listed())
    assert (fault["kind"], fault["chat_id"]) == ("blocked", ADAM)
    screen.one("#scope").send_keys("Everybody")
    assert blocked.get_attribute("aria-checked") == "false"
    assert "1 fault in force" in screen.one("#controls").text
    screen.write(RIGHT, "anybody there?")
    screen.click(".faults-foot button")
    screen.until(lambda: not screen.all(".faults-foot button"))
    assert screen.served.call(lambda world: world.faults.listed()) == []
    assert "you said: anybody there?" not in screen.shown(RIGHT)
    screen.press(Keys.ESCAPE)
    assert not screen.all("#controls")
    assert "controls-button" in screen.active()


def test_people_block_the_bot_come_back_and_leave(screen: Screen) -> None:
    screen.begin(RIGHT)
    screen.click(".controls-button")
    screen.one("#who").send_keys("Adam")
    screen.until(lambda: screen.all("#controls section")[2].text)
    block, leave = screen.all("#controls section:nth-of-type(3) .buttons button")
    block.click()
    screen.until(lambda: screen.one(".start", RIGHT).text == "RESTART BOT")
    assert screen.one(".bot-status", RIGHT).text == "bot blocked"
    screen.click(".start", RIGHT)
    screen.until(lambda: screen.all("textarea", RIGHT))
    screen.one("#payload").send_keys("https://t.me/desk_bot?start=tutor-7", Keys.ENTER)
    screen.until(lambda: "start=tutor-7" in screen.one(".start", RIGHT).text)
    leave.click()
    screen.until(lambda: screen.one(".notice", RIGHT).text == "This account was deleted")


def test_the_world_begins_anew_only_when_sure(screen: Screen) -> None:
    screen.begin(RIGHT, "hello")
    screen.sees(RIGHT, "you said: hello")
    screen.click(".controls-button")
    screen.click("#controls section:last-of-type button")
    assert screen.shown(RIGHT)
    screen.click("#controls section:last-of-type button")
    screen.until(lambda: not screen.shown(RIGHT) and screen.one(".start", RIGHT).text == "START")


def test_a_broken_connection_comes_back_with_what_was_missed(screen: Screen) -> None:
    screen.begin(RIGHT, "before")
    screen.sees(RIGHT, "you said: before")
    marked = "document.querySelectorAll('.message')[0].dataset.same = 'yes'"
    screen.browser.execute_script(marked)
    screen.served.hang_up()
    screen.until(lambda: "reconnecting" in screen.one(".bot-status", RIGHT).text)
    screen.write(RIGHT, "during")
    screen.pops("Not sent: reconnecting")
    assert screen.one("textarea", RIGHT).get_property("value") == "during"
    screen.served.call(lambda world: world.post(world.chats[ADAM], world.bot_user(), {"text": "missed"}))
    screen.served.take_up()
    screen.sees(RIGHT, "missed")
    screen.until(lambda: screen.one(".bot-status", RIGHT).text == "bot")
    assert screen.browser.execute_script("return document.querySelectorAll('.message')[0].dataset.same") == "yes"
    screen.press(Keys.ENTER)
    screen.sees(RIGHT, "you said: during")


def test_a_new_run_is_read_anew_without_a_reload(screen: Screen) -> None:
    screen.begin(RIGHT, "before")
    screen.sees(RIGHT, "you said: before")
    screen.one("textarea", RIGHT).send_keys("half a sen")
    screen.browser.execute_script("window.never = 'reloaded'")
    port = screen.served.port
    screen.served.end()
    screen.until(lambda: "offline" in str(screen.browser.execute_script("return document.body.className")))
    with Served(port) as again:
        screen.until(lambda: screen.one(".start", RIGHT).text == "START")
        assert screen.shown(RIGHT) == []
        again.call(lambda world: world.start(world.people[ADAM]))
        screen.sees(RIGHT, "welcome")
        assert screen.one("textarea", RIGHT).get_property("value") == "half a sen"
        assert screen.browser.execute_script("return window.never") == "reloaded"
        screen.browser.get("about:blank")


def test_a_phone_shows_one_chat_with_room_for_thumbs(screen: Screen) -> None:
    screen.open(size=PHONE)
    assert len(screen.all(".pane")) == 1
    screen.begin(0, "buttons")
    screen.key("Toast")
    script = "return document.documentElement.scrollWidth <= innerWidth"
    assert screen.browser.execute_script(script)
    small = [
        (element.get_attribute("class"), element.text, element.size)
        for element in screen.all("button, .key, textarea, select")
        if not element.find_elements(By.XPATH, "ancestor::*[contains(@class,'text')]")
        and min(element.size["height"], element.size["width"]) < TOUCH
    ]
    assert not small
    screen.click(f'.person[data-person="{ADAM}"]')
    assert screen.one(".bot-name").text == "Mobility desk"
    screen.click(".controls-button")
    assert screen.one("#controls").size["width"] == PHONE[0]
    screen.click("#controls .icon-button")
    assert not screen.all("#controls")


CONTRAST = """
const parse = (colour) => (colour.match(/[\\d.]+/g) ?? []).map(Number);
const linear = (part) => (part / 255 <= 0.04045 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4);
const light = ([r, g, b]) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
const solid = (element) => {
  for (let at = element; at; at = at.parentElement) {
    const style = getComputedStyle(at);
    const parts = parse(style.backgroundColor);
    if (style.backgroundColor.startsWith("rgb") && (parts.length === 3 || parts[3] > 0.85)) return parts;
  }
  return [255, 255, 255];
};
return [...document.querySelectorAll(arguments[0])].filter((one) => one.offsetParent && !one.disabled).map((one) => {
  const [a, b] = [light(parse(getComputedStyle(one).color)), light(solid(one))].sort();
  return [one.className || one.tagName, (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)];
});"""
WORDS = ".meta, .text, .text a, .command, .key, .person-name, .bot-status, .day span, small, h1, h3, .shift, .plain"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_words_can_be_read_in_both_themes(screen: Screen, theme: str) -> None:
    screen.prefer(theme)
    screen.begin(RIGHT, "rich", "buttons")
    screen.key("Toast")
    screen.click(".controls-button")
    measured = screen.browser.execute_script(CONTRAST, WORDS)
    assert len(measured) > 40
    assert [(name, ratio) for name, ratio in measured if ratio < AA] == []


def test_the_theme_follows_the_system_until_it_is_chosen(screen: Screen) -> None:
    for theme, colour in (("dark", DARK), ("light", LIGHT)):
        screen.prefer(theme)
        screen.is_coloured(colour)
    screen.click("[aria-label='Switch to dark colours']")
    screen.is_coloured(DARK)
    screen.browser.refresh()
    screen.one("[aria-label='Switch to light colours']")
    screen.is_coloured(DARK)


OPENING = "Fri, 15 Jan 2027, 09:00"
CALENDAR = b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"
STOP = {"inline_keyboard": [[{"text": "Toast", "callback_data": "toast"}]]}
WATCH = """
window.watched = arguments[0];
window.pressed = document.activeElement;
window.moved = 0;
const list = document.querySelectorAll(".list")[1];
new MutationObserver((changes) => { window.moved += changes.length; }).observe(list, { childList: true });"""
IN_SIGHT = """
const log = document.querySelectorAll(".log")[1].getBoundingClientRect();
return [...document.querySelectorAll('.pane[data-pane="1"] .message')]
  .find((one) => one.getBoundingClientRect().top > log.top + 40);"""


async def opening() -> datetime:
    return datetime(2027, 1, 15, 8, tzinfo=UTC)


async def send_calendar(served: Served) -> None:
    fields = {
        "chat_id": ADAM,
        "document": "attach://calendar",
        "caption": '<b>It opens</b> on <tg-time unix="1795194000">20 November</tg-time>',
        "parse_mode": "HTML",
        "reply_markup": json.dumps(STOP),
    }
    async with httpx.AsyncClient(base_url=f"{served.address}/bot{TOKEN}/") as client:
        files = {"calendar": ("call è.ics", CALENDAR, "text/calendar")}
        (await client.post("sendDocument", data=fields, files=files)).raise_for_status()


def test_the_clock_jumps_to_the_next_event(screen: Screen) -> None:
    screen.click(".controls-button")
    screen.click(".next-event")
    screen.until(lambda: screen.one(".controls-error").text == "this bot tells nobody what it plans")
    screen.served.call(lambda world: setattr(world, "next_event", opening))
    screen.click(".next-event")
    screen.until(lambda: screen.one("#controls output.shift").text == f"Planned for {OPENING}: it happens now.")
    assert not screen.all(".controls-error")
    screen.until(lambda: OPENING in screen.one(".top-clock").text)
    screen.click("[data-step=hour]")
    screen.until(lambda: not screen.all("#controls output.shift"))


def test_a_calendar_is_a_file_with_words_and_buttons(screen: Screen, tmp_path: Path) -> None:
    screen.begin(RIGHT)
    screen.served.do(send_calendar(screen.served))
    screen.sees(RIGHT, "It opens on 20 November")
    file = screen.one(".file", RIGHT)
    assert (screen.one(".file b", RIGHT).text, screen.one(".file small", RIGHT).text) == ("call è.ics", "32 B")
    screen.browser.execute_cdp_cmd("Page.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(tmp_path)})
    file.click()
    screen.until((tmp_path / "call è.ics").exists)
    assert (tmp_path / "call è.ics").read_bytes() == CALENDAR
    when = screen.one(".text time[role]", RIGHT)
    assert (when.text, str(when.get_attribute("title"))[-23:]) == ("20 November", "Fri, 20 Nov 2026, 18:00")
    when.click()
    screen.pops("Fri, 20 Nov 2026, 18:00")
    screen.key("Toast").click()
    screen.pops("short word")


def test_a_bar_of_progress_moves_nothing_and_its_button_stays(screen: Screen) -> None:
    screen.begin(RIGHT, "long")
    screen.sees(RIGHT, "line 19")
    bar = screen.served.do(screen.served.bot.say(ADAM, "0 of 9", reply_markup=STOP))
    for number in range(20):
        screen.served.do(screen.served.bot.say(ADAM, f"later {number}"))
    screen.sees(RIGHT, "later 19")
    screen.key("Toast").click()
    screen.pops("short word")
    screen.browser.execute_script(WATCH, screen.all(".message", RIGHT)[-3])
    top = screen.browser.execute_script("return watched.getBoundingClientRect().top")
    for done in range(1, 10):
        text = f"{done} of 9" + "\nand more" * done
        edit = {"chat_id": ADAM, "message_id": bar["message_id"], "text": text, "reply_markup": STOP}
        screen.served.do(screen.served.bot.ask("editMessageText", **edit))
    screen.sees(RIGHT, "9 of 9")
    assert screen.browser.execute_script("return Math.abs(watched.getBoundingClientRect().top - arguments[0])", top) < 2
    assert screen.browser.execute_script("return [moved, document.activeElement === pressed]") == [0, True]
    screen.served.do(screen.served.bot.ask("editMessageText", **edit | {"text": "all sent", "reply_markup": None}))
    screen.sees(RIGHT, "all sent")
    assert not screen.all(".message .key", RIGHT)
    assert "message" in screen.active()


def test_deleted_messages_vanish_without_a_jump(screen: Screen) -> None:
    screen.begin(RIGHT, "long")
    screen.sees(RIGHT, "line 19")
    screen.browser.execute_script("document.querySelectorAll('.log')[1].scrollTop -= 400")
    screen.until(lambda: screen.all(".pill", RIGHT))
    watched = screen.browser.execute_script(IN_SIGHT)
    top = watched.rect["y"]
    screen.served.do(screen.served.bot.ask("deleteMessages", chat_id=ADAM, message_ids=[4, 5, 6]))
    screen.until(lambda: not any(text.startswith("line 0") for text in screen.shown(RIGHT)))
    screen.served.do(screen.served.bot.ask("deleteMessage", chat_id=ADAM, message_id=7))
    screen.until(lambda: not any(text.startswith("line 3") for text in screen.shown(RIGHT)))
    assert abs(watched.rect["y"] - top) < 2


def test_a_menu_of_ones_own_appears_at_once(screen: Screen) -> None:
    screen.begin(RIGHT)
    commands = [{"command": "tickets", "description": "what is open"}]
    scope = {"type": "chat", "chat_id": ADAM}
    screen.served.do(screen.served.bot.ask("setMyCommands", commands=commands, scope=scope))

    def offered() -> list[str]:
        screen.press(Keys.BACKSPACE, "/")
        return [option.text for option in screen.all(".option")]

    screen.one("textarea", RIGHT).click()
    screen.until(lambda: offered() == ["/tickets\nwhat is open"])
