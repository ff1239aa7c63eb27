"""The one place that knows every part."""

from pathlib import Path

from flask import Flask
from jinja2 import (
    ChainableUndefined,
    ChoiceLoader,
    FileSystemLoader,
    PackageLoader,
    PrefixLoader,
)
from werkzeug.middleware.proxy_fix import ProxyFix

from app.access import check_every_route, guard, visitor
from app.assembly_news import keep_assembly_news
from app.bell import REDIS_PATIENCE, hang_bell
from app.casting import open_queue
from app.commands import add_commands
from app.compressing import compress_answers
from app.councillors import councillors
from app.display import show_as_people_read
from app.errors import explain_errors
from app.extensions import babel, csrf, forms, limiter, socketio
from app.facilitators import facilitators
from app.health import health, keep_enquiry
from app.house import furnish
from app.labels import name_the_words
from app.live import keep_round_news
from app.logbook import keep_log
from app.measures import measure_requests
from app.officers import officers
from app.packets import CarefulPacket
from app.photos import make_room
from app.porter import Porter, post_porter
from app.public import public
from app.request_ids import name_requests
from app.residents import residents
from app.residents.meeting_now import remember_meetings
from app.security import csp_nonce, protect
from app.session_cookies import SessionCookies
from app.settings import Settings, settings_from
from app.telling import HallManager
from app.ties_waiting import remember_ties
from app.translating import translate_templates
from app.turned_away import count_turned_away
from neighbourhoods.database import Clock, Database

ROOT = Path(__file__).parent.parent
COMPONENTS = ("govuk_frontend_jinja", "govuk_frontend_wtf")
MOST_BYTES = 2 * 1024 * 1024


def create_app(settings: Settings | None = None, *, clock: Clock | None = None) -> Flask:
    """Build the app from its settings; `clock` replaces the database's own in tests."""
    settings = settings or settings_from()
    app = Flask(
        "wardmote",
        root_path=str(ROOT),
        template_folder=str(ROOT / "templates"),
        static_folder=str(ROOT / "static"),
    )
    app.config.update(_flask_settings(settings))
    app.session_interface = SessionCookies()
    app.jinja_options = {
        "undefined": ChainableUndefined,
        "trim_blocks": True,
        "lstrip_blocks": True,
    }
    app.jinja_loader = ChoiceLoader(
        [
            FileSystemLoader(ROOT / "templates"),
            PrefixLoader({name: PackageLoader(name) for name in COMPONENTS}),
        ]
    )
    if settings.proxies:
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=settings.proxies, x_proto=settings.proxies, x_host=settings.proxies
        )
    database = Database(settings.database_url, clock=clock)
    furnish(app, settings, database)
    keep_enquiry(app, settings.database_url)
    post_porter(app, Porter(settings.most_connections))
    name_requests(app, settings)
    measure_requests(app)
    keep_log(app, settings)
    open_queue(app, database)
    count_turned_away(app, database)
    remember_ties(app)
    app.before_request(make_room)
    hang_bell(app, settings.redis_url)
    keep_round_news(app)
    keep_assembly_news(app)
    remember_meetings(app)
    _extend(app, settings)
    translate_templates(app)
    show_as_people_read(app)
    name_the_words(app)
    for blueprint in (public, residents, councillors, facilitators, officers, health):
        app.register_blueprint(blueprint)
    app.context_processor(lambda: _known_to_templates(settings))
    guard(app)
    protect(app, settings)
    compress_answers(app)
    explain_errors(app)
    add_commands(app)
    check_every_route(app)
    return app


def _flask_settings(settings: Settings) -> dict[str, object]:
    return {
        "SECRET_KEY": settings.secret_key,
        "SESSION_COOKIE_NAME": "wardmote",
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_SECURE": settings.in_production,
        "PERMANENT_SESSION_LIFETIME": 60 * 60 * 24 * 30,
        # A new cookie with every page would keep Back from showing the page before (Vary: Cookie).
        "SESSION_REFRESH_EACH_REQUEST": False,
        "MAX_CONTENT_LENGTH": MOST_BYTES,
        "MAX_FORM_PARTS": 2_000,
        "WTF_CSRF_TIME_LIMIT": None,  # a page kept open overnight must still be able to vote
        "BABEL_DEFAULT_LOCALE": "en_GB",
        "BABEL_DEFAULT_TIMEZONE": "Europe/London",
        "BABEL_TRANSLATION_DIRECTORIES": "app/translations",
        "RATELIMIT_STORAGE_URI": settings.redis_url or "memory://",
        # While Redis is away each process counts for itself: nobody is turned away for that.
        "RATELIMIT_STORAGE_OPTIONS": REDIS_PATIENCE if settings.redis_url else {},
        "RATELIMIT_IN_MEMORY_FALLBACK_ENABLED": settings.redis_url is not None,
        "RATELIMIT_SWALLOW_ERRORS": True,
        "RATELIMIT_STRATEGY": "moving-window",
        "RATELIMIT_HEADERS_ENABLED": False,
    }


def _extend(app: Flask, settings: Settings) -> None:
    babel.init_app(app)
    csrf.init_app(app)
    forms.init_app(app)
    limiter.init_app(app)
    socketio.init_app(
        app,
        async_mode=settings.async_mode.value,
        client_manager=HallManager(),
        # Long polling fails behind several processes; who cannot hold a socket asks by HTTP.
        transports=["websocket"],
        cors_allowed_origins=settings.public_url,
        max_http_buffer_size=10_000,
        serializer=CarefulPacket,
    )


def _known_to_templates(settings: Settings) -> dict[str, object]:
    return {
        "council_name": settings.council_name,
        "person": visitor(),
        "csp_nonce": csp_nonce(),
        "public_url": settings.public_url,
        "in_production": settings.in_production,
    }
