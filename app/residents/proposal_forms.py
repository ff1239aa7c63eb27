"""The forms in which a proposal is written: in one’s own words, or from the menu."""

from typing import Any

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from govuk_frontend_wtf.wtforms_widgets import GovRadioInput, GovTextInput
from wtforms import FloatField, IntegerField, RadioField, StringField
from wtforms.fields import SelectChoice  # type: ignore[attr-defined] # newer than its stubs
from wtforms.validators import InputRequired, Optional
from wtforms.widgets import HiddenInput

from app.fields import PoundsField, tidy_line
from app.residents.forms import BOLD, at_most, radios, said, words_area, words_line
from neighbourhoods.proposals import MenuItem, Proposal, ProposalWords

# What is stored is the English name: it is published with the proposal and read by other programs.
CATEGORIES = {
    "Streets": _("Streets"),
    "Green spaces": _("Green spaces"),
    "Play and sport": _("Play and sport"),
    "Culture": _("Culture"),
    "Health": _("Health"),
    "Access": _("Access for everybody"),
    "Safety": _("Safety"),
    "Services": _("Services"),
    "Something else": _("Something else"),
}
MOST_TITLE, MOST_PLACE, MOST_WHAT, MOST_WHY, MOST_PLEDGE = 100, 160, 2_000, 1_000, 500


def category_words(category: str) -> str:
    """A category as it is read on a page; one that officers wrote stays as they wrote it."""
    return str(CATEGORIES.get(category, category))


class _PlaceForm(FlaskForm):
    """What every way of proposing asks: where, and what the group gives in return."""

    place = StringField(
        _("Where is it?"),
        [Optional(), at_most(MOST_PLACE)],
        description=_(
            "In your own words, such as “beside the lock on Canal Street”. Leave it empty if it is "
            "for the whole area."
        ),
        widget=GovTextInput(),
        filters=[tidy_line],
        render_kw={"params": BOLD},
    )
    pledge = words_area(
        _("What will you or your group give in return?"),
        _(
            "Such as hours, a litter-pick, watering or teaching. It is no condition: leave it "
            "empty if you have nothing to offer."
        ),
        MOST_PLEDGE,
    )
    latitude = FloatField(validators=[Optional()], widget=HiddenInput())
    longitude = FloatField(validators=[Optional()], widget=HiddenInput())
    # The version the writer started from: two open tabs cannot overwrite each other unseen.
    seen_version = IntegerField(validators=[Optional()], widget=HiddenInput())

    @property
    def pin(self) -> tuple[float, float] | None:
        """Where the pin stands, if there is one on Earth."""
        latitude, longitude = self.latitude.data, self.longitude.data
        if latitude is None or longitude is None:
            return None
        on_earth = -90 <= latitude <= 90 and -180 <= longitude <= 180
        return (latitude, longitude) if on_earth else None

    def put_pin(self, pin: tuple[float, float] | None) -> None:
        """Carry a pin, or none, to the next step."""
        latitude, longitude = pin or (None, None)
        self.latitude.data, self.longitude.data = latitude, longitude
        self.latitude.raw_data = self.longitude.raw_data = None


class ProposalForm(_PlaceForm):
    """A proposal in the proposer’s own words."""

    title = words_line(
        _("Give it a short title"),
        _("Say what it is in a few words, such as “A bench at the bus stop in Mill Lane”."),
        _("Enter a title"),
        MOST_TITLE,
    )
    what = words_area(
        _("What should be done?"),
        _("Say it as you would tell a neighbour."),
        MOST_WHAT,
        _("Enter what should be done"),
    )
    why = words_area(
        _("Why is it needed?"),
        _("Who would be better off, and how do you know?"),
        MOST_WHY,
        _("Enter why it is needed"),
    )
    cost = PoundsField(
        _("What might it cost?"),
        [InputRequired(_("Enter what you think it might cost. A guess is enough"))],
        description=_("A guess is enough. Council officers work out the real cost."),
        render_kw={"params": BOLD},
    )
    category = RadioField(
        _("What is it about?"),
        [InputRequired(_("Choose what it is about"))],
        choices=[SelectChoice(name, words) for name, words in CATEGORIES.items()],
        widget=GovRadioInput(),
        render_kw={"params": radios(_("What is it about?"))},
        validate_choice=True,
    )

    def spoken(self) -> ProposalWords:
        """What the proposer says."""
        latitude, longitude = self.pin or (None, None)
        return ProposalWords(
            title=said(self.title),
            what=said(self.what),
            why=said(self.why),
            cost_pence=self.cost.data,
            place=said(self.place),
            pledge=said(self.pledge),
            category=said(self.category),
            latitude=latitude,
            longitude=longitude,
        )


class MenuForm(_PlaceForm):
    """A service from the menu: only where, why and the pledge are the proposer’s."""

    why = words_area(
        _("Why is it needed here?"),
        _("Who would be better off, and how do you know?"),
        MOST_WHY,
        _("Enter why it is needed here"),
    )

    def __init__(self, *args: Any, menu_item: MenuItem, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.menu_item = menu_item

    def spoken(self) -> ProposalWords:
        """The menu’s title, text and price, with the proposer’s reasons."""
        latitude, longitude = self.pin or (None, None)
        return ProposalWords(
            title=self.menu_item.title,
            what=self.menu_item.about,
            why=said(self.why),
            cost_pence=self.menu_item.cost_pence,
            place=said(self.place),
            pledge=said(self.pledge),
            category=self.menu_item.category,
            latitude=latitude,
            longitude=longitude,
        )


def form_for(proposal: Proposal) -> ProposalForm | MenuForm:
    """The form to change a proposal with, filled with what it says now unless just sent."""
    now = {
        "place": proposal.place,
        "pledge": proposal.pledge,
        "why": proposal.why,
        "latitude": proposal.latitude,
        "longitude": proposal.longitude,
        "seen_version": proposal.version,
    }
    if proposal.menu_item is not None:
        return MenuForm(menu_item=proposal.menu_item, data=now)
    return ProposalForm(
        data=now
        | {
            "title": proposal.title,
            "what": proposal.what,
            "cost": proposal.cost_pence,
            "category": proposal.category,
        }
    )
