"""The pictures of a count for the hall's screen, one at a time. Pure: what was stored, drawn."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple, Self

from app.pictures.flow import Flow
from app.pictures.gallery import Gallery, draw_gallery
from app.pictures.scatter import Frame, Name, Scatter, named
from app.pictures.shares import Share

# The room of the plot at 1280 × 720, measured as the outcome page's plot is: by letters of 15 px.
# Here letters have 24 px and are bold, and points grow with them.
HALL = Frame(width=600, height=250, letters=28, names=10)
# Bars of 24 px letters that fit a picture 720 px high, below the titles.
MOST_SHARES = 6


class Shown(StrEnum):
    """A picture that the screen can be opened with, as its address names it."""

    FLOW = "flow"
    VOTES_AND_COST = "votes-and-cost"
    SHARES = "shares"
    AREAS = "areas"


class SharesInHall(NamedTuple):
    """Shares with the most money; what finds no room stands together, so many of them."""

    shares: tuple[Share, ...]
    together: Share | None
    others: int

    @classmethod
    def of(cls, shares: tuple[Share, ...]) -> Self:
        """As many as fit, the last place for all others where there are more."""
        if len(shares) <= MOST_SHARES:
            return cls(shares, None, 0)
        others = shares[MOST_SHARES - 1 :]
        together = Share(
            "",
            sum(share.pence for share in others),
            sum(share.votes for share in others),
            sum(share.of_money for share in others),
            sum(share.of_votes for share in others),
        )
        return cls(shares[: MOST_SHARES - 1], together, len(others))


@dataclass(frozen=True)
class HallPictures:
    """What there is to show of a count beside its outcome."""

    gallery: Gallery

    @property
    def available(self) -> tuple[Shown, ...]:
        """The pictures there is something to draw for."""
        drawn = {
            Shown.FLOW: self.gallery.flow,
            Shown.VOTES_AND_COST: self.gallery.scatter,
            Shown.SHARES: self.gallery.by_category,
            Shown.AREAS: self.gallery.by_area,
        }
        return tuple(shown for shown, picture in drawn.items() if picture)

    def asked_for(self, name: str | None) -> Shown | None:
        """The picture of that name; None if there is none, or nothing to draw for it."""
        return next((shown for shown in self.available if shown == name), None)

    @property
    def flow(self) -> Flow | None:
        """Who helped to pay for what."""
        return self.gallery.flow

    @property
    def scatter(self) -> Scatter | None:
        """Votes against cost; its names are `names`."""
        return self.gallery.scatter

    @property
    def names(self) -> tuple[Name, ...]:
        """The names of the plot for which a hall has room."""
        return tuple(named(self.gallery.scatter.points, HALL)) if self.gallery.scatter else ()

    @property
    def by_category(self) -> SharesInHall:
        """Money and votes by category."""
        return SharesInHall.of(self.gallery.by_category)

    @property
    def by_area(self) -> SharesInHall:
        """Money and votes by area."""
        return SharesInHall.of(self.gallery.by_area)


def hall_pictures(
    result: Mapping[str, Any], explanation: Mapping[str, Any] | None, titles: Mapping[str, str]
) -> HallPictures:
    """Draw a stored result, and what explains it, for the hall."""
    return HallPictures(draw_gallery(result, explanation, titles))
