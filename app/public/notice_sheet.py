"""A decision notice as it is printed: the same words as on its page, for the typesetter."""

from datetime import datetime

from flask_babel import gettext as _

from app.display import date_words, moment_words, pounds
from app.public.notice_words import NoticeRead, Said, afterwards, read_notice
from ballots.notices import DecisionNotice

Rows = list[dict[str, object]]


def notice_sheet(
    notice: DecisionNotice, council: str, address: str, moment: datetime
) -> dict[str, object]:
    """The sheet of a notice, with what became of it until now."""
    read = read_notice(notice.contents)
    return {
        "kind": "notice",
        "council": council,
        "title": _("Decision notice %(number)s: %(title)s", number=read.number, title=read.title),
        "about": _about(read),
        "corrections": [
            _(
                "Correction of %(when)s, by %(name)s: %(words)s",
                when=moment_words(one.made_at),
                name=one.made_by.name,
                words=one.words,
            )
            for one in notice.corrections
        ],
        "sections": [
            _section(_("1. Date of the decision"), [date_words(read.decided_on)]),
            _decision(read),
            _reasons(read),
            _section(
                _("4. Alternatives considered"),
                [f"{one.title}, {pounds(one.pence)}" for one in read.alternatives]
                or [_("None on the ballot paper: residents chose every project.")],
            ),
            _section(
                _("5. Interests and dispensations"),
                read.interests
                or [_("Nobody declared an interest, and nobody needed a dispensation.")],
            ),
            _section(
                _("Since then, as of %(when)s", when=moment_words(moment)),
                [
                    " ".join(filter(None, (f"{line.name}: {line.words}", line.said)))
                    for line in afterwards(notice, moment)
                ],
            ),
        ],
        "proof": {
            "title": _("How to check this notice"),
            "text": _(
                "The signed text is published as JSON beside the page of this notice. Its SHA-256 "
                "and the council’s Ed25519 signature:"
            ),
            "digest": notice.digest,
            "signature": notice.signature,
            "address": address,
        },
    }


def _about(read: NoticeRead) -> Rows:
    place = read.community
    if read.answering != read.community:
        place = _("%(place)s (%(ward)s)", place=read.community, ward=read.answering)
    fund = _("%(fund)s, %(year)s", fund=read.fund, year=read.financial_year)
    return [
        {"name": _("Community"), "value": place},
        {"name": _("Fund"), "value": fund},
        {"name": _("Decided by"), "value": read.decided_by or _("Nobody")},
        {"name": _("Route"), "value": read.route},
    ]


def _section(title: str, lines: list[str]) -> dict[str, object]:
    return {"title": title, "lines": lines, "table": None}


def _decision(read: NoticeRead) -> dict[str, object]:
    title = _("2. Decision")
    if not read.side_by_side:
        return _section(title, [_("Residents chose no project, so there was none to decide on.")])
    return {
        "title": title,
        "lines": [],
        "table": {
            "head": [_("Project"), _("Cost"), _("Residents chose"), _("The council decided")],
            "rows": [
                [
                    str(row["title"]),
                    pounds(int(str(row["cost_pence"]))),
                    _("To fund it") if row["chosen"] else _("Not to fund it"),
                    "\n".join(filter(None, (str(row["decision"]), str(row["council_text"])))),
                ]
                for row in read.side_by_side
            ],
        },
    }


def _reasons(read: NoticeRead) -> dict[str, object]:
    before = [_("At the stages before: %(words)s", words=words) for words in _lines(read.advice)]
    lines = _lines(read.reasons) or [_("None were given.")]
    return _section(_("3. Reasons"), [*lines, *before, *read.stepped_in])


def _lines(everybody: list[Said]) -> list[str]:
    return [
        _("%(name)s (%(part)s): %(words)s", name=one.person, part=one.part, words=sentence)
        for one in everybody
        for sentence in one.sentences
    ]
