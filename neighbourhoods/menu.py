"""What officers do with the menu: put a priced service on it, and take one off."""

from sqlalchemy.orm import Session

from neighbourhoods.proposals import MenuItem
from neighbourhoods.refusals import Refusal, Refused


def add_to_menu(
    session: Session, title: str, about: str, category: str, cost_pence: int, yearly_pence: int = 0
) -> MenuItem:
    """Offer a service at a price, to every neighbourhood."""
    if cost_pence <= 0 or yearly_pence < 0:
        raise Refused(Refusal.AMOUNT_NOT_POSITIVE)
    item = MenuItem(
        title=title,
        about=about,
        category=category,
        cost_pence=cost_pence,
        yearly_pence=yearly_pence,
        offered=True,
    )
    session.add(item)
    session.flush()
    return item


def stop_offering(session: Session, item: MenuItem) -> None:
    """Take a service off the menu; proposals that were made from it stay as they are."""
    item.offered = False
    session.flush()
