"""What ward councillors do: decide on outcomes, in public."""

from flask import Blueprint

councillors = Blueprint("councillors", __name__)

from app.councillors import views  # noqa: E402, F401 - the views need the blueprint above
