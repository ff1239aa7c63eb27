"""The public register of decisions: a page with search, a feed, a table and JSON."""

import csv
import io
import re

from flask import Response, jsonify, render_template, request
from flask.typing import ResponseReturnValue

from app.access import Who, open_to
from app.house import db, settings
from app.public import public
from app.public.fund_money import as_decimal, harmless
from app.public.notice_words import (
    Afterwards,
    NoticeRead,
    call_in_words,
    decided_words,
    read_notice,
    why_of,
)
from app.public.notices import address_of
from ballots.notices import DecisionNotice
from ballots.register import (
    Wanted,
    count_notices,
    find_notices,
    signers_listed,
    years_listed,
)
from neighbourhoods.database import now
from neighbourhoods.places import CommunityKind, all_communities

A_PAGE = 20
IN_FEED = 50
MOST_WORDS = 120
COLUMNS = (
    "number",
    "published_at",
    "decided_at",
    "decided_by",
    "route",
    "ward",
    "community",
    "round",
    "fund",
    "financial_year",
    "project",
    "pence",
    "pounds",
    "residents_chose",
    "council_decided",
    "why",
    "reasons",
    "alternatives",
    "interests",
    "corrections",
    "lodge_by",
    "lodged_on",
    "lodged_receipt",
    "call_in_until",
    "called_in_at",
    "sent_back_at",
    "called_in_why",
    "money_moved_at",
    "notice_sha256",
    "address",
)
# What XML 1.0 has no place for, even as a reference.
_NOT_IN_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def _wanted() -> tuple[Wanted, dict[str, str]]:
    """What the address asks for, and the filters as they stand in addresses."""
    given = {name: request.args.get(name, "").strip()[:MOST_WORDS] for name in ("q", "ward")}
    person, year = request.args.get("councillor", 0, int), request.args.get("year", 0, int)
    area = next((one for one in all_communities(db()) if one.slug == given["ward"]), None)
    # A ward or somebody nobody knows finds nothing, rather than everything.
    unknown = 0 if given["ward"] and area is None else None
    wanted = Wanted(
        words=given["q"],
        community_id=area.id if area else unknown,
        person_id=min(person, 2**31 - 1) if person > 0 else None,
        year=year if 0 < year < 10_000 else None,
    )
    filters = given | {"councillor": str(person or ""), "year": str(year or "")}
    return wanted, {name: value for name, value in filters.items() if value}


@public.get("/decisions/register")
@open_to(Who.ANYONE)
def register() -> ResponseReturnValue:
    """Every decision of the last six years, newest first, a page at a time."""
    wanted, filters = _wanted()
    found = count_notices(db(), wanted)
    pages = max(1, -(-found // A_PAGE))
    page = min(max(request.args.get("page", 1, int), 1), pages)
    notices = find_notices(db(), wanted, limit=A_PAGE, offset=(page - 1) * A_PAGE)
    return render_template(
        "public/register.html",
        notices=[(one, read_notice(one.contents), address_of(one)) for one in notices],
        found=found,
        page=page,
        pages=pages,
        filters=filters,
        communities=[
            one for one in all_communities(db()) if one.kind != CommunityKind.NEIGHBOURHOOD
        ],
        signers=signers_listed(db()),
        years=years_listed(db()),
    )


@public.get("/decisions/register.atom")
@open_to(Who.ANYONE)
def register_feed() -> ResponseReturnValue:
    """The newest decisions as an Atom feed, with the same filters."""
    wanted, filters = _wanted()
    notices = find_notices(db(), wanted, limit=IN_FEED)
    entries = [_entry(one) for one in notices]
    written = render_template(
        "public/register.xml",
        site=settings().public_url,
        filters=filters,
        entries=entries,
        updated=max((one["updated"] for one in entries), default=now(db()).isoformat()),
    )
    return Response(_NOT_IN_XML.sub("", written), mimetype="application/atom+xml")


def _entry(notice: DecisionNotice) -> dict[str, str]:
    read, contents = read_notice(notice.contents), notice.contents
    lines = [
        f"{one['title']}: {decided_words(one)[0]}. {' '.join(why_of(one, contents['reasons']))}"
        for one in contents["decision"]
    ]
    lines += [one.words for one in notice.corrections]
    lines += [f"{line.name}: {line.words} {line.said}" for line in _called_in(notice)]
    moments = [notice.published_at, notice.called_in_at, notice.called_in_ended_at]
    moments += [one.made_at for one in notice.corrections]
    if notice.sent_back is not None:
        moments.append(notice.sent_back.sent_at)
    changed = max(filter(None, moments))
    return {
        "title": f"{read.number}: {read.title}",
        "address": settings().public_url + address_of(notice),
        "published": notice.published_at.isoformat(),
        "updated": changed.isoformat(),
        "author": read.decided_by,
        "community": read.answering,
        "summary": "\n".join(line.strip() for line in lines),
    }


def _called_in(notice: DecisionNotice) -> list[Afterwards]:
    return [call_in_words(notice, now(db()))] if notice.called_in_at is not None else []


@public.get("/decisions/register.csv")
@open_to(Who.ANYONE)
def register_csv() -> ResponseReturnValue:
    """The register as a table: a line for each project that was decided on."""
    wanted, _filters = _wanted()
    written = io.StringIO(newline="")
    rows = csv.writer(written)
    rows.writerow(COLUMNS)
    for notice in find_notices(db(), wanted):
        rows.writerows(_rows(notice))
    # Excel takes a file without this mark for the old code page, and £ for rubbish.
    answer = Response("\ufeff" + written.getvalue(), mimetype="text/csv")
    answer.headers["Content-Disposition"] = 'attachment; filename="register-of-decisions.csv"'
    return answer


def _rows(notice: DecisionNotice) -> list[list[object]]:
    contents, read = notice.contents, read_notice(notice.contents)
    before = [notice.number, notice.published_at.isoformat(), contents["date"]]
    before += [harmless(words) for words in _heads(read)]
    projects = [
        [
            harmless(one["title"]),
            one["pence"],
            as_decimal(one["pence"]),
            "yes" if one["residents_chose"] else "no",
            one["decided"],
            harmless("\n".join(why_of(one, contents["reasons"]))),
        ]
        for one in contents["decision"]
    ]
    after = [
        harmless("\n".join(f"{s.person}: {line}" for s in read.reasons for line in s.sentences)),
        harmless("\n".join(one.title for one in read.alternatives)),
        harmless("\n".join(read.interests)),
        harmless("\n".join(one.words for one in notice.corrections)),
        notice.lodge_by or "",
        notice.lodged_on or "",
        harmless(notice.lodged_receipt),
        notice.call_in_until.isoformat(),
        notice.called_in_at.isoformat() if notice.called_in_at else "",
        notice.sent_back.sent_at.isoformat() if notice.sent_back else "",
        harmless(notice.called_in_why),
        notice.money_moved_at.isoformat() if notice.money_moved_at else "",
        notice.digest,
        settings().public_url + address_of(notice),
    ]
    return [[*before, *project, *after] for project in projects or [[""] * 6]]


def _heads(read: NoticeRead) -> list[str]:
    return [
        read.decided_by,
        read.route,
        read.answering,
        read.community,
        read.title,
        read.fund,
        read.financial_year,
    ]


@public.get("/decisions/register.json")
@open_to(Who.ANYONE)
def register_json() -> ResponseReturnValue:
    """The register for programs: each notice as it was signed, its signature, and what followed."""
    wanted, _filters = _wanted()
    return jsonify([_as_json(notice) for notice in find_notices(db(), wanted)])


def _as_json(notice: DecisionNotice) -> dict[str, object]:
    return {
        "address": settings().public_url + address_of(notice),
        "notice": notice.contents,
        "notice_sha256": notice.digest,
        "signature": notice.signature,
        "lodge_by": notice.lodge_by.isoformat() if notice.lodge_by else None,
        "lodged_on": notice.lodged_on.isoformat() if notice.lodged_on else None,
        "lodged_receipt": notice.lodged_receipt or None,
        "call_in_until": notice.call_in_until.isoformat(),
        "called_in_at": notice.called_in_at.isoformat() if notice.called_in_at else None,
        "called_in_why": notice.called_in_why or None,
        "called_in_ended_at": (
            notice.called_in_ended_at.isoformat() if notice.called_in_ended_at else None
        ),
        "sent_back_at": notice.sent_back.sent_at.isoformat() if notice.sent_back else None,
        "sent_back_why": notice.sent_back.why if notice.sent_back else None,
        "money_moved_at": notice.money_moved_at.isoformat() if notice.money_moved_at else None,
        "corrections": [
            {"at": one.made_at.isoformat(), "by": one.made_by.name, "words": one.words}
            for one in notice.corrections
        ],
    }
