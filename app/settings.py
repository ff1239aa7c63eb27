"""Settings from the environment, typed and frozen; what is missing stops the start and is named."""

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from app.privacy.periods import DEFAULT_DAYS, Days, read_days

Word = TypeVar("Word", bound=StrEnum)


class Environment(StrEnum):
    """Where the program runs."""

    DEVELOPMENT = "development"
    TESTING = "testing"
    PRODUCTION = "production"


class AsyncMode(StrEnum):
    """Which server carries the sockets."""

    EVENTLET = "eventlet"
    GEVENT = "gevent"
    THREADING = "threading"


class LogLevel(StrEnum):
    """What is worth a line in the log."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class Purge(StrEnum):
    """Whether what is past its time is cleared by itself."""

    BY_HAND = "by-hand"
    DAILY = "daily"


class SettingsError(Exception):
    """The environment does not say what the program must know."""


@dataclass(frozen=True)
class Settings:
    """All that a deployment can choose."""

    environment: Environment
    secret_key: str
    var: Path
    database_url: str
    council_name: str
    public_url: str
    host: str
    port: int
    async_mode: AsyncMode
    redis_url: str | None = None
    smtp_url: str | None = None
    mail_from: str = "wardmote@localhost"
    # How many proxies stand in front and may be believed about a visitor's address.
    proxies: int = 0
    # The most connections one process may hold; it says at start if the system allows fewer.
    most_connections: int = 20_000
    # Where the licence's promise is kept: the source of the version that runs here.
    source_url: str | None = None
    # Who may read `/metrics` from elsewhere; without it, only this machine.
    metrics_token: str | None = None
    log_level: LogLevel = LogLevel.INFO
    # How many days what is kept about people is kept, and who clears it then.
    keep_days: Days = field(default_factory=lambda: DEFAULT_DAYS)
    purge: Purge = Purge.BY_HAND

    @property
    def in_production(self) -> bool:
        """Whether real people use this."""
        return self.environment == Environment.PRODUCTION

    @property
    def key_folder(self) -> Path:
        """Where round keys lie, outside the database."""
        return self.var / "keys"

    @property
    def photo_folder(self) -> Path:
        """Where photos of reports lie, each under its SHA-256."""
        return self.var / "photos"

    def key_for(self, purpose: str) -> bytes:
        """A key of its own for one purpose, derived from the secret key."""
        return f"{purpose}|{self.secret_key}".encode()


LEAST_TOKEN = 24
NEEDED_IN_PRODUCTION = (
    "WARDMOTE_SECRET_KEY",
    "WARDMOTE_DATABASE_URL",
    "WARDMOTE_COUNCIL",
    "WARDMOTE_PUBLIC_URL",
    "WARDMOTE_SMTP_URL",
    "WARDMOTE_MAIL_FROM",
)


# What only the program may know: each may be the name of a file instead, as NAME_FILE, so that it
# stands in no list of processes and in no dump of an environment.
SECRETS = (
    "WARDMOTE_SECRET_KEY",
    "WARDMOTE_DATABASE_URL",
    "WARDMOTE_REDIS_URL",
    "WARDMOTE_SMTP_URL",
    "WARDMOTE_METRICS_TOKEN",
)


def settings_from(environ: Mapping[str, str] = os.environ) -> Settings:
    """Read the environment; SettingsError names everything that is missing or wrong."""
    environ = {**environ, **_read_secrets(environ)}
    environment = _one_of(Environment, environ.get("WARDMOTE_ENVIRONMENT", "development"))
    if environment == Environment.PRODUCTION:
        missing = [name for name in NEEDED_IN_PRODUCTION if not environ.get(name)]
        if missing:
            raise SettingsError(f"Set {', '.join(missing)} and start again.")
        if len(environ["WARDMOTE_SECRET_KEY"]) < 32:
            raise SettingsError("WARDMOTE_SECRET_KEY must be at least 32 characters long.")
    var = Path(environ.get("WARDMOTE_VAR", "var")).resolve()
    host, port = environ.get("HOST", "127.0.0.1"), _port(environ.get("PORT", "8000"))
    database_url = environ.get("WARDMOTE_DATABASE_URL") or f"sqlite:///{var / 'wardmote.db'}"
    async_mode = _one_of(AsyncMode, environ.get("ASYNC_MODE", "eventlet"))
    _check_driver(database_url, async_mode, environ)
    return Settings(
        environment=environment,
        secret_key=environ.get("WARDMOTE_SECRET_KEY") or _own_secret(var),
        var=var,
        database_url=database_url,
        council_name=environ.get("WARDMOTE_COUNCIL", "Millbrook Borough Council"),
        public_url=environ.get("WARDMOTE_PUBLIC_URL", f"http://{host}:{port}").rstrip("/"),
        host=host,
        port=port,
        async_mode=async_mode,
        redis_url=_url(environ, "WARDMOTE_REDIS_URL", "redis:", "rediss:", "unix:"),
        smtp_url=_url(environ, "WARDMOTE_SMTP_URL", "smtps:", "smtp:"),
        mail_from=environ.get("WARDMOTE_MAIL_FROM", "wardmote@localhost"),
        proxies=_port(environ.get("WARDMOTE_PROXIES", "0")),
        most_connections=_number(environ.get("WARDMOTE_MOST_CONNECTIONS", "20000"), 1, 1_000_000),
        source_url=environ.get("WARDMOTE_SOURCE_URL") or None,
        metrics_token=_token(environ.get("WARDMOTE_METRICS_TOKEN", "")),
        log_level=_one_of(LogLevel, environ.get("WARDMOTE_LOG_LEVEL") or "info"),
        keep_days=_days(environ.get("WARDMOTE_KEEP_DAYS", "")),
        purge=_one_of(Purge, environ.get("WARDMOTE_PURGE", "by-hand")),
    )


def _read_secrets(environ: Mapping[str, str]) -> dict[str, str]:
    found = {}
    for name in SECRETS:
        file = environ.get(f"{name}_FILE")
        if not file:
            continue
        if environ.get(name):
            raise SettingsError(f"Set {name} or {name}_FILE, not both.")
        try:
            found[name] = Path(file).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as wrong:
            raise SettingsError(f"{name}_FILE cannot be read: {file}.") from wrong
        if not found[name]:
            raise SettingsError(f"{name}_FILE is empty: {file}.")
    return found


def _days(written: str) -> Days:
    try:
        return read_days(written)
    except ValueError as wrong:
        raise SettingsError(f"WARDMOTE_KEEP_DAYS: {wrong}") from wrong


def _one_of(words: type[Word], written: str) -> Word:
    try:
        return words(written)
    except ValueError as wrong:
        raise SettingsError(f"{written!r} is none of {', '.join(words)}.") from wrong


def _token(written: str) -> str | None:
    if written and len(written) < LEAST_TOKEN:
        raise SettingsError(
            f"WARDMOTE_METRICS_TOKEN must be at least {LEAST_TOKEN} characters long."
        )
    return written or None


def _url(environ: Mapping[str, str], name: str, *schemes: str) -> str | None:
    written = environ.get(name) or None
    if written and not written.startswith(tuple(f"{scheme}//" for scheme in schemes)):
        raise SettingsError(f"{name} must start with {' or '.join(f'{s}//' for s in schemes)}.")
    return written


def _port(written: str) -> int:
    return _number(written, 0, 65_535)


def _number(written: str, least: int, most: int) -> int:
    if not written.isdecimal() or not least <= int(written) <= most:
        raise SettingsError(f"{written!r} is not a number from {least} to {most}.")
    return int(written)


def _check_driver(database_url: str, async_mode: AsyncMode, environ: Mapping[str, str]) -> None:
    """Refuse a database driver that would block every other visitor under green threads."""
    try:
        make_url(database_url).get_dialect().import_dbapi()
    except (ArgumentError, ImportError, ValueError) as wrong:
        raise SettingsError(
            "WARDMOTE_DATABASE_URL must start with sqlite: or postgresql+psycopg2: and be an "
            "address, such as postgresql+psycopg2://user:password@host/name; in a password "
            "@, :, / and % are written as %40, %3A, %2F and %25."
        ) from wrong
    if database_url.startswith(("sqlite:", "postgresql+psycopg2:")):
        return
    waits = environ.get("PSYCOPG_WAIT_FUNC") == "wait_selector"
    if async_mode != AsyncMode.THREADING and not waits:
        raise SettingsError(
            "WARDMOTE_DATABASE_URL must start with sqlite: or postgresql+psycopg2: — "
            "other drivers block the server under eventlet and gevent."
        )


def _own_secret(var: Path) -> str:
    """Outside production: a secret of this installation's own, kept so that sign-ins last."""
    file = var / "secret-key"
    if not file.exists():
        var.mkdir(parents=True, exist_ok=True)
        file.touch(mode=0o600)
        file.write_text(secrets.token_hex(32))
    return file.read_text().strip()
