"""What stands on posters, table cards, voter cards, hand counts and the agenda of a meeting."""

from flask import url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import select

from app.display import moment_words, pounds
from app.house import db, settings
from app.labels import label
from app.typesetting import Part
from neighbourhoods.assemblies import AgendaItem, Assembly
from neighbourhoods.eligibility import RollEntry, voter_code
from neighbourhoods.polls import options_of


def follow_link(assembly: Assembly) -> str:
    """The whole address that the QR code on posters and cards holds."""
    return f"{settings().public_url}/a/{assembly.code}"


def join_address() -> str:
    """The address that people type, before they type the code."""
    return settings().public_url.partition("://")[2] + "/join"


def poster(assembly: Assembly, size: str) -> Part:
    """One poster for a door or a wall: how to join, and the Wi-Fi."""
    return {**_joining(assembly), "kind": "poster", "size": size}


def table_cards(assembly: Assembly, number: int) -> Part:
    """Cards to lay on tables, four to a sheet."""
    return {**_joining(assembly), "kind": "table-cards", "number": number}


def _joining(assembly: Assembly) -> Part:
    return {
        "council": settings().council_name,
        "title": assembly.title,
        "when": moment_words(assembly.starts_at),
        "place": assembly.place,
        "qr": follow_link(assembly),
        "qr-alt": _("QR code of %(address)s", address=follow_link(assembly)),
        "scan": _("Scan this with your phone’s camera, or go to"),
        "address": join_address(),
        "code-label": _("and type this code:"),
        "code": f"{assembly.code[:3]} {assembly.code[3:]}",
        "wifi": _wifi(assembly),
        "note": _("Joining is not voting. To vote, check in at the door."),
    }


def _wifi(assembly: Assembly) -> Part | None:
    if not assembly.wifi_name:
        return None
    return {
        "label": _("Wi-Fi:"),
        "name": assembly.wifi_name,
        "password-label": _("Password:"),
        "password": assembly.wifi_password,
    }


def voter_cards(assembly: Assembly, numbers: range) -> Part:
    """The voter cards of these people, counted from 1 in the order of the roll’s references."""
    the_round = assembly.the_round
    entries = db().scalars(
        select(RollEntry)
        .where(RollEntry.round_id == the_round.id)
        .order_by(RollEntry.reference)
        .offset(numbers.start - 1)
        .limit(len(numbers))
    )
    address = url_for("residents.identify", round_id=the_round.id)
    return {
        "kind": "voter-cards",
        "title": the_round.title,
        "how": _("Show this card at the door. Or scan it, or type the code at"),
        "address": settings().public_url.partition("://")[2] + address,
        "code-label": _("Your own code:"),
        "qr-alt": _("QR code of this card"),
        "note": _("Whoever holds this card can vote with it: keep it like money."),
        "cards": [_voter_card(entry) for entry in entries],
    }


def _voter_card(entry: RollEntry) -> Part:
    code = voter_code(settings().key_for("voter-codes"), entry.round_id, entry.reference)
    return {
        "name": entry.name,
        "code": " ".join(code[start : start + 4] for start in range(0, len(code), 4)),
        "qr": settings().public_url + url_for("residents.voter_card", code=code),
    }


def hand_count(item: AgendaItem) -> Part:
    """A sheet on which two tellers write how many hands they counted."""
    return {
        "kind": "hand-count",
        "heading": _("Count of hands: %(title)s", title=item.title),
        "how": _(
            "Two tellers count, each alone. Count only hands of people who do not choose on a"
            " phone. Both enter what they counted; if you do not agree, count again."
        ),
        "columns": [_("Option"), _("First teller"), _("Second teller")],
        "options": list(options_of(item)),
        "first": _("First teller:"),
        "second": _("Second teller:"),
    }


def agenda(assembly: Assembly) -> Part:
    """The agenda for whoever runs the meeting, with room for notes."""
    facts = [_("Join code %(code)s.", code=assembly.code)]
    facts += [_("Budget %(sum)s.", sum=pounds(assembly.the_round.budget_pence))]
    if assembly.quorum:
        facts.append(ngettext("Quorum: one person.", "Quorum: %(num)s people.", assembly.quorum))
    return {
        "kind": "agenda",
        "title": _("Agenda: %(title)s", title=assembly.title),
        "when": moment_words(assembly.starts_at),
        "place": assembly.place,
        "facts": " ".join(facts),
        "columns": [_("No."), _("Item"), _("Minutes"), _("Notes")],
        "items": [
            {
                "number": str(number),
                "title": item.title,
                "kind": str(label(item.kind)),
                "text": item.text,
                "minutes": str(-(-item.seconds // 60)) if item.seconds else "",
            }
            for number, item in enumerate(assembly.items, start=1)
        ],
    }
