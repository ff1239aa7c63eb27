"""What facilitators do: run an assembly on the big screen."""

from flask import Blueprint

facilitators = Blueprint("facilitators", __name__)

from app.facilitators import views  # noqa: E402, F401 - the views need the blueprint above
