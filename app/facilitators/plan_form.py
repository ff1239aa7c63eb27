"""The form of a meeting: what it is about, where and when, and what people need to join."""

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from govuk_frontend_wtf.wtforms_widgets import GovCheckboxInput, GovSelect
from wtforms import BooleanField, SelectField
from wtforms.validators import InputRequired

from app.date_fields import MomentField
from app.fields import LineField, WholeField
from neighbourhoods.assemblies import Assembly
from neighbourhoods.phases import Phase
from neighbourhoods.rounds import Round

# Rounds that have something to meet about.
MEETS_IN = tuple(phase for phase in Phase if phase not in (Phase.SET_UP, Phase.REVIEW))


class PlanForm(FlaskForm):
    """A meeting, as it is planned; the round is chosen once."""

    round = SelectField(
        _l("Which round is it about?"),
        [InputRequired(_l("Choose a round"))],
        widget=GovSelect(),
        coerce=str,
    )
    title = LineField(
        _l("What is the meeting called?"),
        most=120,
        needed=_l("Enter what the meeting is called"),
        description=_l("It stands on the screens. For example: Decision day at the library."),
    )
    place = LineField(_l("Where is it?"), most=160, description=_l("For example: St Mary’s hall."))
    starts_at = MomentField(
        _l("When does it begin?"),
        [InputRequired(_l("Enter when the meeting begins"))],
        description=_l("British time, such as 7pm, 2:30pm or 14:30."),
    )
    wifi_name = LineField(
        _l("Name of the Wi-Fi in the hall"),
        most=80,
        description=_l("Leave it empty if there is none for guests."),
    )
    wifi_password = LineField(
        _l("Its password"),
        most=80,
        description=_l("Everybody in the hall will see it on the screens."),
    )
    quorum = WholeField(
        _l("How many people must be present to decide?"),
        least=1,
        most=100_000,
        description=_l("The quorum. Leave it empty if there is no such rule."),
    )
    is_practice = BooleanField(
        _l("This is a rehearsal"),
        widget=GovCheckboxInput(),
        description=_l("Its votes count nowhere and are wiped. Residents find it in no list."),
    )

    def __init__(self, rounds: list[Round], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.round.choices = [
            ("", _("Choose a round")),
            *((str(one.id), f"{one.title} ({one.community.name})") for one in reversed(rounds)),
        ]

    def planned(self) -> dict[str, Any]:
        """What was filled in, under the names that the services use."""
        return {
            "title": self.title.data,
            "starts_at": self.starts_at.data,
            "place": self.place.data,
            "wifi_name": self.wifi_name.data,
            "wifi_password": self.wifi_password.data,
            "quorum": self.quorum.data,
            "is_practice": self.is_practice.data,
        }


def plan_of(assembly: Assembly) -> dict[str, Any]:
    """What stands in the form of a meeting that was planned before."""
    names = (
        "title",
        "place",
        "starts_at",
        "wifi_name",
        "wifi_password",
        "quorum",
        "is_practice",
    )
    return {"round": str(assembly.round_id)} | {name: getattr(assembly, name) for name in names}
