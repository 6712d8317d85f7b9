"""Every setting of the program, read once from the environment (and ``.env``), all faults listed at once."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Annotated, Any, Literal, TextIO
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, HttpUrl, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict
from pythonjsonlogger.json import JsonFormatter

from bot.knowledge import FOLDER

SHORTEST_SECRET = 10
"""Characters after the colon of a bot token, at least; Telegram's have 35."""


class SettingsError(Exception):
    """One or more settings cannot be used; the message names them all."""


class Settings(BaseSettings):
    """The settings; each field's description is the row of the README's table and the comment in ``.env.example``."""

    model_config = SettingsConfigDict(
        env_file=".env", env_file_encoding="utf-8", env_ignore_empty=True, extra="ignore", hide_input_in_errors=True
    )

    bot_token: SecretStr | None = Field(
        None, description="The bot's token from @BotFather; needed by `bot run` and `bot invite`"
    )
    bot_api_url: HttpUrl = Field(
        HttpUrl("https://api.telegram.org"),
        description="Any server that speaks the Bot API at `<url>/bot<token>/<method>`",
    )
    database_url: str = Field(
        "sqlite:///data/desk.db",
        description="Where the rows live: `sqlite:///<path>` or `postgresql://user:password@host/name`",
    )
    admin_ids: Annotated[frozenset[int], NoDecode] = Field(
        frozenset(), description="Telegram user ids of those who run the desk, comma separated; they are admins always"
    )
    staff_chat_id: int | None = Field(
        None,
        description="A group of the staff's that gets every alert too and hears of what does not get through; "
        "without it every admin is told",
    )
    desk_timezone: ZoneInfo = Field(ZoneInfo("Europe/Rome"), description="The time zone in which days begin and end")
    keep_days: int = Field(
        730,
        ge=30,
        le=3650,
        description="After how many days without a word a student's data, closed tickets and questions are deleted",
    )
    knowledge_dir: Path = Field(FOLDER, description="The folder with the knowledge")
    cache_dir: Path = Field(
        Path("~/.cache/mobility-desk"),
        description="Where the trained matcher is kept for the next start; may be emptied at any time",
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", description="The least serious line that is logged"
    )
    log_format: Literal["text", "json"] = Field("text", description="How log lines are written")

    @field_validator("bot_token")
    @classmethod
    def _looks_like_a_token(cls, value: SecretStr | None) -> SecretStr | None:
        text = value.get_secret_value().strip() if value else ""
        if not text:
            return None
        number, _, secret = text.partition(":")
        if (
            not number.isdigit()
            or len(secret) < SHORTEST_SECRET
            or not secret.replace("_", "").replace("-", "").isalnum()
        ):
            raise ValueError("is no bot token; @BotFather gives one like 123456:ABC-DEF…")
        return SecretStr(text)

    @field_validator("admin_ids", mode="before")
    @classmethod
    def _comma_separated(cls, value: Any) -> Any:  # noqa: ANN401 - whatever the environment holds
        if not isinstance(value, str):
            return value
        parts = [part.strip() for part in value.split(",") if part.strip()]
        if not all(part.isascii() and part.isdigit() for part in parts):
            raise ValueError("must be numbers separated by commas")
        return frozenset(int(part) for part in parts)

    @field_validator("desk_timezone", mode="before")
    @classmethod
    def _known_zone(cls, value: Any) -> Any:  # noqa: ANN401 - whatever the environment holds
        try:
            return ZoneInfo(value) if isinstance(value, str) else value
        except (ZoneInfoNotFoundError, ValueError, OSError):  # OSError: it names a folder of zones
            raise ValueError("is no time zone; write one like Europe/Rome") from None

    @field_validator("log_level", "log_format", mode="before")
    @classmethod
    def _any_case(cls, value: Any) -> Any:  # noqa: ANN401 - whatever the environment holds
        if not isinstance(value, str):
            return value
        low = value.strip().lower()
        return low if low in {"text", "json"} else low.upper()


def read_settings(**given: Any) -> Settings:  # noqa: ANN401 - any setting
    """The settings from the environment; ``given`` goes before it.

    Raises:
        SettingsError: Names every setting that cannot be used, without its value.
    """
    try:
        return Settings(**given)
    except ValidationError as error:
        faults = [f"{str(each['loc'][0]).upper()} {_sentence(each['msg'])}" for each in error.errors()]
        raise SettingsError("; ".join(faults)) from None
    except (OSError, UnicodeDecodeError):
        raise SettingsError(".env cannot be read as UTF-8 text") from None


def _sentence(message: str) -> str:
    return message.removeprefix("Value error, ").replace("Input should be", "should be")


class DiscreetHandler(logging.StreamHandler[TextIO]):
    """Writes to standard error; the token is blotted out wherever it comes from, a gateway's error page included."""

    def __init__(self, token: SecretStr | None) -> None:
        super().__init__()
        self._secret = token.get_secret_value().partition(":")[2] if token else ""

    def format(self, record: logging.LogRecord) -> str:
        """The line, without the secret half of the token."""
        line = super().format(record)
        return line.replace(self._secret, "***") if self._secret else line


def set_up_logging(settings: Settings) -> None:
    """Log to standard error, as text or JSON; libraries that log addresses (the token is in them) are kept quiet."""
    handler = DiscreetHandler(settings.bot_token)
    if settings.log_format == "json":
        handler.setFormatter(JsonFormatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    else:
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)-7s %(name)s: %(message)s"))
    logging.basicConfig(level=settings.log_level, handlers=[handler], force=True)
    for name in ("httpx", "httpcore", "aiohttp", "telegram", "apscheduler", "alembic", "sqlalchemy", "uvicorn"):
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.getLogger("telegram.request").setLevel(logging.CRITICAL)  # a gateway's page is told in a line of ours
