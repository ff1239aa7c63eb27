"""What council officers do: funds, rounds, rolls, screening, delivery."""

from flask import Blueprint

officers = Blueprint("officers", __name__)

# The views need the blueprint above.
from app.officers import (  # noqa: E402
    advice,
    conditions,
    deliveries,
    desk,
    drawing,
    funds,
    menu,
    milestones,
    moderation,
    moving,
    notices,
    purse,
    ratings,
    referrals,
    report_photos,
    rolls,
    rounds,
    route,
    rules,
    screening,
    sending_back,
    spendings,
    standing,
    voter_cards,
)

__all__ = [
    "advice", "conditions", "deliveries", "desk", "drawing", "funds", "menu", "milestones",
    "moderation", "moving", "notices", "officers", "purse", "ratings", "referrals",
    "report_photos", "rolls", "rounds", "route", "rules", "screening", "sending_back", "spendings",
    "standing", "voter_cards",
]  # fmt: skip
