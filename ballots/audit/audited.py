"""A round as it is audited, and what its ledger was found to say."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ballots.envelopes import EnvelopeKey
from ballots.keys import KeyStore
from ballots.ledger import EntryKind, LedgerEntry
from ballots.paper_ballots import PaperBallot, PaperState
from neighbourhoods.eligibility import RollEntry
from neighbourhoods.rounds import Round


@dataclass
class AuditedRound:
    """A round as it is audited, and what its ledger was found to say."""

    session: Session
    keys: KeyStore
    the_round: Round
    entries: list[LedgerEntry] = field(default_factory=list)
    # Of every commitment the number of its batch; and those that were replaced.
    batch_of: dict[str, int] = field(default_factory=dict)
    replaced: set[str] = field(default_factory=set)
    # Of every commitment the name that its ballot lies, or would lie, under; with the key only.
    owners: dict[str, str] = field(default_factory=dict)
    # Of every voter who has castings waiting their names.
    waiting: dict[str, set[str]] = field(default_factory=dict)

    @property
    def id(self) -> int:
        """The round's number."""
        return self.the_round.id

    def of_kind(self, kind: EntryKind) -> list[LedgerEntry]:
        """The ledger's entries of one kind, in order."""
        return [entry for entry in self.entries if entry.kind == kind]

    def one(self, kind: EntryKind) -> dict[str, Any] | None:
        """What the only entry of a kind says."""
        found = self.of_kind(kind)
        return found[0].contents if found else None

    @cached_property
    def key(self) -> EnvelopeKey | None:
        """The round's key; None once it is destroyed."""
        try:
            return EnvelopeKey(self.keys, self.id)
        except KeyError:
            return None

    @cached_property
    def names(self) -> dict[str, str]:
        """Of everybody on the roll, and papers: the name while waiting, and the one once sealed."""
        query, key = select(RollEntry.id).where(RollEntry.round_id == self.id), self.key
        if key is None:
            return {}
        entries = [*self.session.scalars(query), *(-number for number in self.papers_in_box)]
        return {key.voter(entry): key.sealed_voter(entry) for entry in entries}

    @cached_property
    def papers_in_box(self) -> list[int]:
        """The numbers of the papers that tellers put into the box."""
        query = select(PaperBallot.number).where(
            PaperBallot.round_id == self.id, PaperBallot.state == PaperState.IN_BOX
        )
        return list(self.session.scalars(query))

    @cached_property
    def lasting_names(self) -> set[str]:
        """The names that ballots of people on the roll can lie under."""
        return set(self.names.values())
