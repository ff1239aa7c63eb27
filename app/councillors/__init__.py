"""What ward councillors do: decide on outcomes, in public."""

from flask import Blueprint

councillors = Blueprint("councillors", __name__)

# The views need the blueprint above.
from app.councillors import deciding, interests, own_passkeys, queue, sheet, signing, stepping  # noqa: E402, F401
