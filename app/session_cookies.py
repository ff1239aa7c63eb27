"""Sessions in signed cookies, which survive that the clocks of two machines differ."""

from datetime import UTC, datetime

from flask import Flask, Request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from itsdangerous import BadSignature


class SessionCookies(SecureCookieSessionInterface):
    """As Flask’s own; but a cookie that another process signed a while ahead of us is good."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """What the cookie holds; nothing if it is too old or not ours."""
        signer = self.get_signing_serializer(app)
        if signer is None:
            return None
        cookie = request.cookies.get(self.get_cookie_name(app))
        if not cookie:
            return self.session_class()
        try:
            # With `max_age` a signature from the future would count as expired.
            kept, signed_at = signer.loads(cookie, return_timestamp=True)
        except BadSignature:
            return self.session_class()
        if datetime.now(UTC) - signed_at > app.permanent_session_lifetime:
            return self.session_class()
        return self.session_class(kept)
