"""Whether the settings fit each other and can be relied on."""

from collections.abc import Iterator
from ipaddress import ip_address
from urllib.parse import urlsplit

from app.installation.finding import Installation, Wrong

_LEAST_SECRET, _LEAST_DIFFERENT = 32, 12
_OFTEN_LEFT = ("change", "secret", "example", "password", "0123456789", "abcdefgh")


def check_environment(found: Installation) -> Iterator[Wrong]:
    """Whether this serves real people."""
    if not found.settings.in_production:
        yield Wrong(
            f"WARDMOTE_ENVIRONMENT is {found.settings.environment}: letters are shown to anybody "
            "at /outbox, and cookies travel without https.",
            "Set WARDMOTE_ENVIRONMENT=production before real people use it.",
            is_note=True,
        )


def check_secret(found: Installation) -> Iterator[Wrong]:
    """Whether the secret key could be guessed: sign-ins and voter codes come from it."""
    secret = found.settings.secret_key
    if (
        len(secret) < _LEAST_SECRET
        or len(set(secret)) < _LEAST_DIFFERENT
        or any(words in secret.lower() for words in _OFTEN_LEFT)
    ):
        yield Wrong(
            "WARDMOTE_SECRET_KEY can be guessed; sign-ins and voter codes come from it.",
            "Set 64 random hexadecimal digits: openssl rand -hex 32. Not while a round with "
            "printed voter cards is open: their codes would change.",
        )


def check_public_url(found: Installation) -> Iterator[Wrong]:
    """Whether the address that people type is a safe one."""
    address = urlsplit(found.settings.public_url)
    if found.settings.in_production and address.scheme != "https":
        yield Wrong(
            f"WARDMOTE_PUBLIC_URL {found.settings.public_url} is not https: ballots could be read "
            "on their way, and the sign-in cookie is never sent.",
            "Put nginx with a certificate in front, and set the https address.",
        )
    if found.settings.in_production and _is_own(address.hostname or ""):
        yield Wrong(
            f"WARDMOTE_PUBLIC_URL {found.settings.public_url} leads nobody here but this machine.",
            "Set the address that residents type; links in letters and QR codes are made of it.",
        )


def _is_own(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host in ("", "localhost")


def check_proxies(found: Installation) -> Iterator[Wrong]:
    """Whether visitors can be told apart behind the front."""
    if found.settings.proxies == 0 and found.settings.public_url.startswith("https:"):
        yield Wrong(
            "WARDMOTE_PROXIES is 0 and the public address is https: somebody in front speaks it, "
            "so that all visitors seem to come from one address and share its limits.",
            "Set WARDMOTE_PROXIES to the number of proxies in front, usually 1.",
        )


def check_several_processes(found: Installation) -> Iterator[Wrong]:
    """Whether it is known how many processes serve, and whether several can work together."""
    if not found.says_processes:
        yield Wrong(
            f"WARDMOTE_PROCESSES is {found.processes_written!r}, which is no number of processes: "
            "nothing here was looked at for more than one.",
            "Set it to how many processes serve, in digits: 2.",
        )
    if found.processes == 1:
        return
    if not found.settings.redis_url:
        yield Wrong(
            f"{found.processes} processes without Redis: each counts tries for itself, and phones "
            "hear only of what their own process does.",
            "Set WARDMOTE_REDIS_URL, or serve with one process.",
        )
    if found.database.is_sqlite:
        yield Wrong(
            f"{found.processes} processes on SQLite, which admits one writer at a time.",
            "Move to PostgreSQL (docs/operations.md says how), or serve with one process.",
        )
