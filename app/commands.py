"""What can be asked of Wardmote from a shell: `flask --app wsgi …`."""

from flask import Flask

from app.house import database
from app.schema import migrate


def add_commands(app: Flask) -> None:
    """Give the app its commands."""

    @app.cli.command("migrate")
    def migrate_command() -> None:
        """Bring the database to the newest schema."""
        migrate(database())
