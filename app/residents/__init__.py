"""What residents do: sign in, propose, debate, vote."""

from flask import Blueprint

residents = Blueprint("residents", __name__)

from app.residents import views  # noqa: E402, F401 - the views need the blueprint above
