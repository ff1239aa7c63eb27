"""What residents do: sign in, propose, debate, vote."""

from flask import Blueprint

residents = Blueprint("residents", __name__)

# The view modules need the blueprint above.
from app.residents import (  # noqa: E402
    booth,  # noqa: F401
    debating,  # noqa: F401
    identity,  # noqa: F401
    meeting,  # noqa: F401
    meeting_check_in,  # noqa: F401
    my_data,  # noqa: F401
    my_pages,  # noqa: F401
    proposing,  # noqa: F401
    rating,  # noqa: F401
    sign_in,  # noqa: F401
)
