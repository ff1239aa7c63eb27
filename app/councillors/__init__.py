"""What whoever signs does: decide on outcomes, in public."""

from flask import Blueprint

councillors = Blueprint("councillors", __name__)

# The views need the blueprint above.
from app.councillors import deciding, desk  # noqa: E402, F401
