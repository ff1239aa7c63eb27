"""What whoever signs does: decide on outcomes, in public."""

from flask import Blueprint

councillors = Blueprint("councillors", __name__)

# The views need the blueprint above.
from app.councillors import deciding, desk, interests, sheet, signing  # noqa: E402, F401
