"""Settings: what is missing stops the start and is named; no secret has a default in production."""

from pathlib import Path

import pytest

from app.settings import NEEDED_IN_PRODUCTION, SettingsError, settings_from

PRODUCTION = {
    "WARDMOTE_ENVIRONMENT": "production",
    "WARDMOTE_SECRET_KEY": "0123456789abcdef0123456789abcdef",
    "WARDMOTE_DATABASE_URL": "postgresql+psycopg2://wardmote@localhost/wardmote",
    "WARDMOTE_COUNCIL": "Millbrook",
    "WARDMOTE_PUBLIC_URL": "https://wardmote.example/",
    "WARDMOTE_SMTP_URL": "smtps://mail.example:587",
    "WARDMOTE_MAIL_FROM": "wardmote@millbrook.example",
}


def test_a_complete_environment_starts_in_production() -> None:
    settings = settings_from(PRODUCTION)
    assert settings.in_production
    assert settings.public_url == "https://wardmote.example"


@pytest.mark.parametrize("name", NEEDED_IN_PRODUCTION)
def test_production_does_not_start_without(name: str) -> None:
    environ = {key: value for key, value in PRODUCTION.items() if key != name}
    with pytest.raises(SettingsError, match=name):
        settings_from(environ)


def test_everything_that_is_missing_is_named_at_once() -> None:
    with pytest.raises(SettingsError) as wrong:
        settings_from({"WARDMOTE_ENVIRONMENT": "production"})
    assert all(name in str(wrong.value) for name in NEEDED_IN_PRODUCTION)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("WARDMOTE_SECRET_KEY", "short"),
        ("WARDMOTE_ENVIRONMENT", "prod"),
        ("ASYNC_MODE", "uvloop"),
        ("PORT", "eighty"),
        ("PORT", "70000"),
        ("WARDMOTE_DATABASE_URL", "postgresql://wardmote@localhost/wardmote"),
    ],
)
def test_a_wrong_value_stops_the_start(name: str, value: str) -> None:
    with pytest.raises(SettingsError):
        settings_from(PRODUCTION | {name: value})


def test_outside_production_an_installation_makes_its_own_secret_and_keeps_it(
    tmp_path: Path,
) -> None:
    environ = {"WARDMOTE_VAR": str(tmp_path / "one")}
    first, again = settings_from(environ), settings_from(environ)
    other = settings_from({"WARDMOTE_VAR": str(tmp_path / "two")})
    assert first.secret_key == again.secret_key
    assert first.secret_key != other.secret_key
    assert (tmp_path / "one" / "secret-key").stat().st_mode & 0o077 == 0


def test_each_purpose_has_a_key_of_its_own() -> None:
    settings = settings_from(PRODUCTION)
    assert settings.key_for("sign-in") != settings.key_for("voter-codes")
