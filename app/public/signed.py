"""Everything signed on an outcome so far, sheet by sheet: public as soon as it is signed."""

from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.public.notice_words import sheet_words
from ballots.bundle import bundle_hash
from ballots.record import signature_told
from ballots.referrals import sitting_of
from ballots.signing import Act
from ballots.signoff import signatures_on
from neighbourhoods.projects import titles_in
from neighbourhoods.rounds import Round


@dataclass(frozen=True)
class SignedRead:
    """One sheet in words: who signed it, in what part, and what it says of each project."""

    name: str
    part: str
    signed_at: datetime
    sentences: list[str]
    # Why it no longer counts; empty while it does.
    void: str


def read_signed(session: Session, the_round: Round) -> list[SignedRead]:
    """Every sheet that was signed on an outcome, in order, also those that no longer count."""
    signatures, titles = signatures_on(session, the_round.id), titles_in(session, the_round.id)
    if not signatures:
        return []
    sitting, bundle = sitting_of(session, the_round.id), bundle_hash(session, the_round)
    found = []
    for one in signatures:
        said = sheet_words(signature_told(one), titles, is_over=False)
        void = ""
        if one.sitting != sitting:
            void = _("Signed in an earlier sitting: it no longer counts.")
        elif one.bundle_sha256 != bundle and one.act is Act.DECIDE:
            void = _("What it was signed over has changed since: it no longer counts.")
        found.append(SignedRead(said.person, said.part, one.signed_at, said.sentences, void))
    return found
