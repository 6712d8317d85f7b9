"""Every setting, what is wrong with it in words, and a log that cannot say the token."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from pydantic import SecretStr

from bot.config import DiscreetHandler, Settings, SettingsError, read_settings, set_up_logging

TOKEN = "123456:ABC-DEF_ghijkl"
NAMES = [name.upper() for name in Settings.model_fields]


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No setting in the environment, and no .env in the folder."""
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


def faults(monkeypatch: pytest.MonkeyPatch, **given: str) -> str:
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as error:
        read_settings()
    return str(error.value)


def test_everything_has_a_default() -> None:
    settings = read_settings()
    assert settings.bot_token is None
    assert str(settings.bot_api_url) == "https://api.telegram.org/"
    assert settings.database_url == "sqlite:///data/desk.db"
    assert settings.desk_timezone == ZoneInfo("Europe/Rome")
    assert settings.admin_ids == frozenset()
    assert (settings.log_level, settings.log_format) == ("INFO", "text")
    assert (settings.knowledge_dir / "messages.en.yaml").exists()


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    given = {
        "BOT_TOKEN": f"  {TOKEN} ", "BOT_API_URL": "http://localhost:8081", "ADMIN_IDS": "7, 8,,9 ",
        "DESK_TIMEZONE": "Europe/Vienna", "LOG_LEVEL": "debug", "LOG_FORMAT": "JSON",
    }  # fmt: skip
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    settings = read_settings()
    assert settings.bot_token is not None
    assert settings.bot_token.get_secret_value() == TOKEN
    assert settings.admin_ids == {7, 8, 9}
    assert settings.desk_timezone.key == "Europe/Vienna"
    assert (settings.log_level, settings.log_format) == ("DEBUG", "json")


def test_settings_come_from_the_file_and_the_environment_goes_before_it(monkeypatch: pytest.MonkeyPatch) -> None:
    Path(".env").write_text(f"BOT_TOKEN={TOKEN}\nLOG_LEVEL=ERROR\nSOMETHING_ELSE=1\n", encoding="utf-8")
    monkeypatch.setenv("LOG_LEVEL", "WARNING")
    settings = read_settings(log_format="json")
    assert settings.bot_token is not None
    assert (settings.log_level, settings.log_format) == ("WARNING", "json")


def test_the_shipped_example_is_what_there_is_without_it() -> None:
    example = Path(__file__).parent.parent / ".env.example"
    given = read_settings(_env_file=example).model_dump(exclude={"knowledge_dir"})
    assert given == read_settings().model_dump(exclude={"knowledge_dir"})


def test_an_empty_setting_is_as_good_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    without = read_settings().model_dump()
    for name in NAMES:
        monkeypatch.setenv(name, "")
    assert read_settings().model_dump() == without


@pytest.mark.parametrize("token", ["", "   "])
def test_an_empty_token_is_none(monkeypatch: pytest.MonkeyPatch, token: str) -> None:
    monkeypatch.setenv("BOT_TOKEN", token)
    assert read_settings().bot_token is None


@pytest.mark.parametrize("token", ["secret", "123:short", ":ABCDEFGHIJKL", "abc:ABCDEFGHIJKL", "123:ABC DEF GHIJKL",
                                   "123:ABCDEFGHIJKL/../x", "bot123:ABCDEFGHIJKL", "123:ABCDEFGHIJKL:x"])  # fmt: skip
def test_a_malformed_token_is_named_and_not_shown(monkeypatch: pytest.MonkeyPatch, token: str) -> None:
    said = faults(monkeypatch, BOT_TOKEN=token)
    assert said.startswith("BOT_TOKEN is no bot token; @BotFather gives one like")
    assert token not in said


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("ADMIN_IDS", "7;8", "must be numbers separated by commas"),
        ("ADMIN_IDS", "-7", "must be numbers separated by commas"),
        ("ADMIN_IDS", "٧", "must be numbers separated by commas"),
        ("DESK_TIMEZONE", "Milano", "is no time zone; write one like Europe/Rome"),
        ("DESK_TIMEZONE", "Europe", "is no time zone"),
        ("DESK_TIMEZONE", "../../etc/passwd", "is no time zone"),
        ("DESK_TIMEZONE", "Europe/Rome/", "is no time zone"),
        ("LOG_LEVEL", "LOUD", "should be 'DEBUG', 'INFO', 'WARNING' or 'ERROR'"),
        ("LOG_FORMAT", "xml", "should be 'text' or 'json'"),
        ("BOT_API_URL", "telegram", "should be a valid URL"),
        ("BOT_API_URL", "ftp://telegram.org", "URL scheme should be 'http' or 'https'"),
    ],
)
def test_what_is_wrong_is_said_in_words(monkeypatch: pytest.MonkeyPatch, name: str, value: str, words: str) -> None:
    said = faults(monkeypatch, **{name: value})
    assert said.startswith(f"{name} ")
    assert words in said
    assert "\n" not in said


def test_all_faults_are_listed_at_once_and_no_value_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    said = faults(
        monkeypatch, BOT_TOKEN="hunter2hunter2", BOT_API_URL="nowhere", ADMIN_IDS="me", DESK_TIMEZONE="Mars",
        LOG_LEVEL="LOUD", LOG_FORMAT="xml",
    )  # fmt: skip
    assert [fault.split()[0] for fault in said.split("; ") if fault.split()[0].isupper()] == [
        "BOT_TOKEN", "BOT_API_URL", "ADMIN_IDS", "DESK_TIMEZONE", "LOG_LEVEL", "LOG_FORMAT",
    ]  # fmt: skip
    for value in ("hunter2", "nowhere", "Mars", "LOUD", "xml"):
        assert value not in said


def test_settings_do_not_show_the_token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOT_TOKEN", TOKEN)
    assert "ABC-DEF" not in f"{read_settings()!r} {read_settings()} {read_settings().model_dump_json()}"


# The log


@pytest.fixture
def root() -> Iterator[logging.Logger]:
    """The root logger, as it was when the test is over."""
    found = logging.getLogger()
    (handlers, found.handlers), level = (found.handlers, []), found.level
    yield found
    found.handlers = handlers
    found.setLevel(level)


def written(root: logging.Logger) -> io.StringIO:
    (handler,) = root.handlers
    assert isinstance(handler, logging.StreamHandler)
    stream = io.StringIO()
    handler.setStream(stream)
    return stream


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_the_token_is_blotted_out_of_every_line(root: logging.Logger, log_format: str) -> None:
    set_up_logging(read_settings(bot_token=TOKEN, log_format=log_format))
    stream = written(root)
    log = logging.getLogger("somewhere")
    log.warning("GET %s", f"https://api.telegram.org/bot{TOKEN}/getMe")
    try:
        raise ValueError(f"cannot parse /bot{TOKEN}/getMe")  # noqa: TRY301 - what is to be logged
    except ValueError:
        log.exception("failed")
    assert "ABC-DEF" not in stream.getvalue()
    assert "123456:***/getMe" in stream.getvalue()
    assert stream.getvalue().count("somewhere") == 2


def test_a_log_without_a_token_is_left_as_it_is(root: logging.Logger) -> None:
    set_up_logging(read_settings())
    stream = written(root)
    logging.getLogger("somewhere").warning("a line")
    assert stream.getvalue().endswith("WARNING somewhere: a line\n")


def test_json_lines_are_json(root: logging.Logger) -> None:
    set_up_logging(read_settings(log_format="json"))
    stream = written(root)
    logging.getLogger("somewhere").warning("a line\nof two")
    found = json.loads(stream.getvalue())
    assert (found["levelname"], found["name"], found["message"]) == ("WARNING", "somewhere", "a line\nof two")


def test_libraries_that_log_addresses_are_quiet_even_where_everything_is_logged(root: logging.Logger) -> None:
    set_up_logging(read_settings(log_level="DEBUG"))
    stream = written(root)
    for name in ("httpx", "httpcore.connection", "aiohttp.client", "telegram.Bot", "telegram.ext.Application"):
        logging.getLogger(name).info("GET /bot…")
    logging.getLogger("telegram.request.BaseRequest").error("Can not load invalid JSON data")
    logging.getLogger("bot.app").debug("ours")
    assert stream.getvalue().endswith("DEBUG   bot.app: ours\n")
    assert len(stream.getvalue().splitlines()) == 1


def test_the_secret_is_the_half_after_the_colon() -> None:
    handler = DiscreetHandler(SecretStr(TOKEN))
    record = logging.LogRecord("x", logging.INFO, "", 0, "bot 123456 has ABC-DEF_ghijkl", (), None)
    assert handler.format(record) == "bot 123456 has ***"
