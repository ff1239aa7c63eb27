"""What whoever signs does: decide on outcomes, in public."""

from flask import Blueprint

councillors = Blueprint("councillors", __name__)

# The views need the blueprint above.
from app.councillors import (  # noqa: E402
    deciding,  # noqa: F401
    desk,  # noqa: F401
    interests,  # noqa: F401
    own_passkeys,  # noqa: F401
    sheet,  # noqa: F401
    signing,  # noqa: F401
    stepping,  # noqa: F401
)
