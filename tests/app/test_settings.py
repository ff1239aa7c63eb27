"""Settings: what is missing stops the start and is named; no secret has a default in production."""

from pathlib import Path

import pytest

from app.settings import NEEDED_IN_PRODUCTION, SECRETS, SettingsError, settings_from

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
        ("WARDMOTE_MOST_CONNECTIONS", "0"),
        ("WARDMOTE_MOST_CONNECTIONS", "many"),
        ("WARDMOTE_DATABASE_URL", "postgresql://wardmote@localhost/wardmote"),
        ("WARDMOTE_REDIS_URL", "localhost:6379"),
        ("WARDMOTE_SMTP_URL", "mail.example:587"),
    ],
)
def test_a_wrong_value_stops_the_start(name: str, value: str) -> None:
    with pytest.raises(SettingsError):
        settings_from(PRODUCTION | {name: value})


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://wardmote:hidden-word@localhost/wardmote",
        "postgres://wardmote:hidden-word@localhost/wardmote",
        "postgresql+psycopg2://wardmote:hidden-word@localhost:here/wardmote",
        "hidden-word",
    ],
)
def test_a_command_says_in_a_sentence_that_the_databases_address_is_none(address: str) -> None:
    # Under `flask some-command` the server is always the one with threads.
    environ = PRODUCTION | {"ASYNC_MODE": "threading", "WARDMOTE_DATABASE_URL": address}
    with pytest.raises(SettingsError, match="WARDMOTE_DATABASE_URL must start with") as wrong:
        settings_from(environ)
    assert "hidden-word" not in str(wrong.value)


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


# --- secrets from files --------------------------------------------------------------------------


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_may_stand_in_a_file(name: str, tmp_path: Path) -> None:
    secret = PRODUCTION.get(name, "redis://localhost/0?long-enough-for-a-token")
    (tmp_path / "secret").write_text(f"{secret}\n")
    environ = {key: value for key, value in PRODUCTION.items() if key != name}
    read = settings_from(environ | {f"{name}_FILE": str(tmp_path / "secret")})
    assert read == settings_from(PRODUCTION | {name: secret})


def test_a_short_secret_in_a_file_stops_the_start_too(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("short")
    environ = {**PRODUCTION, "WARDMOTE_SECRET_KEY_FILE": str(tmp_path / "secret")}
    del environ["WARDMOTE_SECRET_KEY"]
    with pytest.raises(SettingsError, match="32 characters"):
        settings_from(environ)


@pytest.mark.parametrize("contents", [None, "", "\n", b"\xff\xfe"])
def test_a_secret_that_cannot_be_read_stops_the_start_and_is_named(
    contents: str | bytes | None, tmp_path: Path
) -> None:
    file = tmp_path / "secret"
    if isinstance(contents, str):
        file.write_text(contents)
    elif contents is not None:
        file.write_bytes(contents)
    environ = {**PRODUCTION, "WARDMOTE_SMTP_URL_FILE": str(file), "WARDMOTE_SMTP_URL": ""}
    with pytest.raises(SettingsError, match="WARDMOTE_SMTP_URL_FILE"):
        settings_from(environ)


def test_a_secret_stands_in_one_place_only(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("another secret of 32 characters!")
    with pytest.raises(SettingsError, match="not both"):
        settings_from(PRODUCTION | {"WARDMOTE_SECRET_KEY_FILE": str(tmp_path / "secret")})
