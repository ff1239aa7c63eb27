"""Where somebody was before, or was going: followed only if it lies on this site."""

from collections.abc import Iterable
from urllib.parse import urlsplit

from flask import request, url_for

MOST_WANTED = 500  # it is kept in the cookie


def path_on_this_site(written: str) -> str | None:
    """The path of an address that a visitor brought, if it lies on this site; else nothing."""
    # Browsers read “\\” as “/” and drop tabs and line ends, so `/\\evil` would leave the site.
    if len(written) > MOST_WANTED or any(letter == "\\" or letter <= " " for letter in written):
        return None
    try:
        parts = urlsplit(written)
    except ValueError:
        return None
    here = urlsplit(request.host_url)
    if (parts.scheme or parts.netloc) and (parts.scheme, parts.netloc) != (
        here.scheme,
        here.netloc,
    ):
        return None
    if written.startswith("//") or not parts.path.startswith("/") or parts.path.startswith("//"):
        return None
    if _leads_to(parts.path, (url_for("residents.sign_in"), url_for("residents.sign_out"))):
        return None
    return parts._replace(scheme="", netloc="").geturl()


def _leads_to(path: str, doors: Iterable[str]) -> bool:
    return any(path == door or path.startswith(f"{door}/") for door in doors)
