"""What anybody may read, signed in or not."""

from flask import Blueprint

public = Blueprint("public", __name__)

from app.public import (  # noqa: E402, F401 - the views need the blueprint above
    fund_money,
    ledger,
    metrics,
    notices,
    pages,
    photos,
    places,
    proposals,
    receipts,
    records,
    register,
    rounds,
    scrutiny,
    tally,
    you_said,
)
