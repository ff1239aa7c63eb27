"""Headers that every answer carries."""

import secrets
from urllib.parse import urlsplit

from flask import Flask, Response, g, request

from app.settings import Settings


def csp_nonce() -> str:
    """The word that lets this page's own scripts run, new for every page."""
    if "csp_nonce" not in g:
        g.csp_nonce = secrets.token_urlsafe(16)
    return str(g.csp_nonce)


def protect(app: Flask, settings: Settings) -> None:
    """Send security headers with every answer, and keep personal pages out of caches."""
    own = urlsplit(settings.public_url)
    # Older Safari does not read 'self' as including our own sockets.
    sockets = f"{'wss' if own.scheme == 'https' else 'ws'}://{own.netloc}"

    @app.after_request
    def add_headers(response: Response) -> Response:
        headers = response.headers
        headers["Content-Security-Policy"] = (
            f"default-src 'none'; script-src 'self' 'nonce-{csp_nonce()}'; style-src 'self'; "
            f"img-src 'self' data:; font-src 'self'; connect-src 'self' {sockets}; "
            "form-action 'self'; frame-ancestors 'none'; base-uri 'none'; manifest-src 'self'"
        )
        headers["X-Content-Type-Options"] = "nosniff"
        headers["Referrer-Policy"] = "same-origin"
        headers["Permissions-Policy"] = "camera=(), microphone=(), geolocation=(self)"
        headers["Cross-Origin-Opener-Policy"] = "same-origin"
        if settings.in_production:
            headers["Strict-Transport-Security"] = "max-age=63072000; includeSubDomains"
        if request.endpoint == "static":
            # Their addresses change with their contents.
            if "v" in request.args or "/vendor/" in request.path:
                headers["Cache-Control"] = "public, max-age=31536000, immutable"
        elif "Cache-Control" not in headers:
            headers["Cache-Control"] = "no-store"
        return response
