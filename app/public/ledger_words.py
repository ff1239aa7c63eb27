"""The ledger of a round as people read it: what each entry tells, and when it was written."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext

from app.display import LONDON, date_words, pounds
from app.labels import label
from ballots.ledger import EntryKind, LedgerEntry
from ballots.signing import Act

Body = Mapping[str, Any]


@dataclass(frozen=True)
class Told:
    """What one kind of entry says: a sentence, what follows from it, and its own fingerprints."""

    what: str
    more: list[str] = field(default_factory=list)
    prints: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True)
class Correction:
    """What a later entry says is wrong with this one."""

    number: int
    by: str
    words: str


@dataclass(frozen=True)
class EntryRead:
    """An entry put into words, with the corrections of it that came later."""

    number: int
    at: datetime
    told: Told
    hash: str
    corrections: list[Correction]
    # The number of the entry that this one corrects.
    corrects: int | None


def read_entries(
    entries: Iterable[LedgerEntry], corrections: Sequence[LedgerEntry], titles: Mapping[str, str]
) -> list[EntryRead]:
    """Put entries into words, in their order; `titles` are those of projects, by code."""
    return [_read(entry, corrections, titles) for entry in entries]


def _read(
    entry: LedgerEntry, corrections: Sequence[LedgerEntry], titles: Mapping[str, str]
) -> EntryRead:
    body = entry.contents
    told = _WORDS[entry.kind](body, titles)
    chain = [
        (_("This entry"), entry.hash),
        (_("The entry before"), entry.previous),
        (_("Signature of the council"), entry.signature),
    ]
    return EntryRead(
        number=entry.number,
        at=datetime.fromisoformat(entry.at),
        told=Told(told.what, told.more, [*chain, *told.prints]),
        hash=entry.hash,
        corrections=[
            Correction(later.number, later.contents["by"], later.contents["words"])
            for later in corrections
            if later.contents["corrects"] == entry.number
        ],
        corrects=body["corrects"] if entry.kind == EntryKind.CORRECTION else None,
    )


def _titles_of(codes: Iterable[str], titles: Mapping[str, str]) -> str:
    return ", ".join(titles.get(code, code) for code in codes)


def _ballots(number: int) -> str:
    return str(ngettext("%(figure)s ballot", "%(figure)s ballots", number, figure=f"{number:,}"))


def _opened(body: Body, _titles: Mapping[str, str]) -> Told:
    what = ngettext(
        "The vote opened, with %(figure)s person on the roll. Its rules were fixed.",
        "The vote opened, with %(figure)s people on the roll. Its rules were fixed.",
        body["roll_size"],
        figure=f"{body['roll_size']:,}",
    )
    prints = [
        (_("The rules"), body["rules_sha256"]),
        (_("The roll, under a secret key"), body["roll_hash"]),
        (_("The council’s public key"), body["public_key"]),
    ]
    return Told(what, prints=prints)


def _batch(body: Body, _titles: Mapping[str, str]) -> Told:
    words = {
        "batch": f"{body['batch']:,}",
        "sealed": _ballots(len(body["commitments"])),
        "box": f"{body['ballots']:,}",
    }
    replaced = len(body["replaced"])
    if replaced:
        what = ngettext(
            "Batch %(batch)s: %(sealed)s sealed, %(replaced)s older one replaced; "
            "%(box)s in the box.",
            "Batch %(batch)s: %(sealed)s sealed, %(replaced)s older ones replaced; "
            "%(box)s in the box.",
            replaced,
            replaced=f"{replaced:,}",
            **words,
        )
    else:
        what = _("Batch %(batch)s: %(sealed)s sealed; %(box)s in the box.", **words)
    return Told(what, prints=[(_("Root of the batch"), body["root"])])


def _snapshot(body: Body, _titles: Mapping[str, str]) -> Told:
    what = ngettext(
        "Figures, version %(version)s, of %(covered)s voter.",
        "Figures, version %(version)s, of %(covered)s voters.",
        body["covered"],
        version=f"{body['version']:,}",
        covered=f"{body['covered']:,}",
    )
    return Told(what, prints=[(_("The figures"), body["result_sha256"])])


def _extended(body: Body, _titles: Mapping[str, str]) -> Told:
    closes_at = datetime.fromisoformat(body["closes_at"])
    what = _(
        "More time to vote: it now closes at %(time)s on %(date)s.",
        time=f"{closes_at.astimezone(LONDON):%H:%M:%S}",
        date=date_words(closes_at),
    )
    return Told(what, [_("Given by %(name)s.", name=body["by"])] if body["by"] else [])


def _closed(body: Body, _titles: Mapping[str, str]) -> Told:
    what = ngettext(
        "Closed with %(ballots)s in %(figure)s batch.",
        "Closed with %(ballots)s in %(figure)s batches.",
        body["batches"],
        ballots=_ballots(body["ballots"]),
        figure=f"{body['batches']:,}",
    )
    return Told(what)


def _tie_break(body: Body, titles: Mapping[str, str]) -> Told:
    more = [
        _("%(source)s: %(value)s", source=body["source"], value=body["value"]),
        _("Entered by %(names)s.", names=", ".join(body["entered_by"])),
    ]
    prints = [(_("The entry of the close"), body["head"]), (_("Seed of the draw"), body["seed"])]
    tied = _titles_of(body["tied"], titles)
    return Told(_("A tie was drawn: %(projects)s.", projects=tied), more, prints)


def _tallied(body: Body, titles: Mapping[str, str]) -> Told:
    winners = body["winners"]
    what = ngettext(
        "Counted: %(ballots)s; %(figure)s project funded, for %(spent)s.",
        "Counted: %(ballots)s; %(figure)s projects funded, for %(spent)s.",
        len(winners),
        ballots=_ballots(body["ballots"]),
        figure=f"{len(winners):,}",
        spent=pounds(body["spent_pence"]),
    )
    more = [_("In the order they won: %(projects)s.", projects=_titles_of(winners, titles))]
    return Told(what, more if winners else [], [(_("The whole count"), body["result_sha256"])])


def _act(written: str) -> str:
    """What was signed, also as it was called before there were routes."""
    return label(Act.DECIDE if written == "approve" else Act(written))


def _signed(body: Body, _titles: Mapping[str, str]) -> Told:
    more = [
        _("%(name)s: %(act)s", name=each["councillor"], act=_act(each["act"]))
        for each in body["decisions"]
    ]
    prints = [(_("The text they signed"), body["record_sha256"])]
    return Told(_("The outcome was decided on and signed."), more, prints)


def _notice(body: Body, _titles: Mapping[str, str]) -> Told:
    what = _("Decision notice %(number)s was published.", number=body["number"])
    return Told(what, prints=[(_("The signed text of the notice"), body["notice_sha256"])])


def _correction(body: Body, _titles: Mapping[str, str]) -> Told:
    what = _(
        "Correction of entry %(number)s, by %(name)s.", number=body["corrects"], name=body["by"]
    )
    return Told(what, [body["words"]])


def _key_destroyed(body: Body, _titles: Mapping[str, str]) -> Told:
    what = _(
        "The round’s key was destroyed by %(name)s. Nobody can go from a name to a ballot "
        "any more.",
        name=body["by"],
    )
    return Told(what)


_WORDS: dict[EntryKind, Callable[[Body, Mapping[str, str]], Told]] = {
    EntryKind.OPENED: _opened,
    EntryKind.BATCH: _batch,
    EntryKind.SNAPSHOT: _snapshot,
    EntryKind.EXTENDED: _extended,
    EntryKind.CLOSED: _closed,
    EntryKind.TIE_BREAK: _tie_break,
    EntryKind.TALLIED: _tallied,
    EntryKind.SIGNED: _signed,
    EntryKind.NOTICE: _notice,
    EntryKind.CORRECTION: _correction,
    EntryKind.KEY_DESTROYED: _key_destroyed,
}
