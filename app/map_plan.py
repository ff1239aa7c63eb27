"""The drawn plan on which people put a pin: which picture, and which part of the Earth it shows."""

from dataclasses import dataclass

from app.house import settings


@dataclass(frozen=True)
class MapPlan:
    """A square picture under `static/`, north up, and its edges in degrees."""

    file: str
    north: float
    south: float
    west: float
    east: float

    def pin_at(self, across: float, down: float) -> tuple[float, float]:
        """Latitude and longitude of a spot, given as shares of the picture from 0 to 1."""
        latitude = self.north - (self.north - self.south) * down
        longitude = self.west + (self.east - self.west) * across
        return round(latitude, 6), round(longitude, 6)

    def spot_of(self, latitude: float, longitude: float) -> tuple[float, float] | None:
        """Where a pin lies on the picture, as shares from 0 to 1; None if it lies outside."""
        across = (longitude - self.west) / (self.east - self.west)
        down = (self.north - latitude) / (self.north - self.south)
        return (across, down) if 0 <= across <= 1 and 0 <= down <= 1 else None


# The demonstration council: 2.4 km by 2.4 km.
MILLBROOK = MapPlan("maps/millbrook.svg", north=53.0216, south=53.0, west=-2.04, east=-2.0042)

# By the council's name. A council without a plan here asks for the place in words alone.
PLANS = {"Millbrook Borough Council": MILLBROOK}


def plan() -> MapPlan | None:
    """The plan of this council, if it has one."""
    return PLANS.get(settings().council_name)
