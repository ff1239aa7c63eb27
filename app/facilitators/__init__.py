"""What facilitators do: plan a meeting, run it, and put votes on the big screen."""

from flask import Blueprint

facilitators = Blueprint("facilitators", __name__)

# The view modules need the blueprint above.
from app.facilitators import (  # noqa: E402
    agenda,  # noqa: F401
    assemblies,  # noqa: F401
    console,  # noqa: F401
    door,  # noqa: F401
    door_person,  # noqa: F401
    hall_screen,  # noqa: F401
    hands,  # noqa: F401
    interest,  # noqa: F401
    minutes,  # noqa: F401
    preflight,  # noqa: F401
    print_pack,  # noqa: F401
    screen,  # noqa: F401
    speakers,  # noqa: F401
    tellers,  # noqa: F401
)
