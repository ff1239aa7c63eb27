"""What council officers do: funds, rounds, rolls, screening, delivery."""

from flask import Blueprint

officers = Blueprint("officers", __name__)

from app.officers import views  # noqa: E402, F401 - the views need the blueprint above
