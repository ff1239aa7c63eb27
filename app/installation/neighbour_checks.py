"""Whether those answer that a server needs: Redis, the mail server, its own public address."""

import http.client
import smtplib
import ssl
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any, cast
from urllib.parse import unquote, urlsplit

import redis

from app.installation.finding import Installation, Wrong

LEAST_REDIS = (6, 2)
ANSWERS_WITHIN = 10.0


def check_redis(found: Installation) -> Iterator[Wrong]:
    """Whether Redis answers, is new enough, and forgets nothing."""
    url = found.settings.redis_url
    if not url:
        return
    try:
        with redis.Redis.from_url(
            url, socket_timeout=ANSWERS_WITHIN, socket_connect_timeout=ANSWERS_WITHIN
        ) as client:
            about = cast("dict[str, Any]", client.info())
    except redis.RedisError as away:
        yield Wrong(
            f"Redis does not answer ({type(away).__name__}).",
            "Start it, and look at WARDMOTE_REDIS_URL: host, port, password.",
        )
        return
    version = tuple(int(part) for part in str(about["redis_version"]).split(".")[:2])
    if version < LEAST_REDIS:
        yield Wrong(f"Redis {about['redis_version']} is older than 6.2.", "Move to a newer one.")
    if about["maxmemory"] and about["maxmemory_policy"] != "noeviction":
        yield Wrong(
            f"Redis throws away what it holds when it is full ({about['maxmemory_policy']}): "
            "whoever guesses codes would be forgotten.",
            "Set maxmemory-policy noeviction; what Wardmote keeps there is small.",
        )


def check_mail(found: Installation) -> Iterator[Wrong]:
    """Whether the mail server answers, and lets us in."""
    if not found.settings.smtp_url:
        if found.settings.in_production:
            yield Wrong("No mail server is set: nobody can sign in.", "Set WARDMOTE_SMTP_URL.")
        return
    where = urlsplit(found.settings.smtp_url)
    host = where.hostname or "localhost"
    try:
        with smtplib.SMTP(host, where.port or 587, timeout=ANSWERS_WITHIN) as server:
            if where.scheme == "smtps":
                server.starttls(context=ssl.create_default_context())
            if where.username:
                server.login(unquote(where.username), unquote(where.password or ""))
            server.ehlo_or_helo_if_needed()
    except (OSError, smtplib.SMTPException) as away:
        yield Wrong(
            f"The mail server {host} does not answer or does not let us in "
            f"({type(away).__name__}): nobody can sign in by code.",
            "Look at WARDMOTE_SMTP_URL, at the firewall, and at the password.",
        )


def check_public_address(found: Installation) -> Iterator[Wrong]:
    """Whether people reach the service at the address that letters and QR codes lead to."""
    status = _status_of(f"{found.settings.public_url}/health/live")
    if status != http.client.OK:
        yield Wrong(
            f"{found.settings.public_url}/health/live answers {status or 'nothing'}, not 200.",
            "Start the service; look at DNS, at the certificate, and at nginx’s error log.",
        )


def check_front_headers(found: Installation) -> Iterator[Wrong]:
    """Whether the front tells whom it speaks for: without, everybody seems to be this machine."""
    status = _status_of(f"{found.settings.public_url}/metrics")
    if found.settings.in_production and status == http.client.OK:
        yield Wrong(
            "Anybody can read /metrics: the front does not say for whom it asks, so that every "
            "visitor seems to come from this machine.",
            "Let nginx send X-Forwarded-For, -Proto and -Host, as the site file in docs does.",
        )


def _status_of(address: str) -> int | None:
    if not address.startswith(("http://", "https://")):
        return None
    try:
        with urllib.request.urlopen(address, timeout=ANSWERS_WITHIN) as answer:  # noqa: S310
            return int(answer.status)
    except urllib.error.HTTPError as refused:
        return refused.code
    except (OSError, http.client.HTTPException):
        return None
