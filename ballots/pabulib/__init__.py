"""Elections in Pabulib's `.pb` format.

Source: the format of pabulib.org (Faliszewski et al., IJCAI 2023): three `;`-separated tables
META, PROJECTS and VOTES. Money is in whole or fractional currency units; here one unit is 100
pence, whatever the currency.
"""

from ballots.pabulib.election import (
    AlikeBallots,
    PabulibBallot,
    PabulibElection,
    PabulibProject,
    VoteType,
)
from ballots.pabulib.errors import Expected, PabulibError
from ballots.pabulib.reading import read, read_file
from ballots.pabulib.terms import (
    UnsupportedVoteTypeError,
    VoteDifference,
    ballot_format,
    breaches,
    choices_on,
    loosest_paper,
    paper_of,
    vote_differences,
)
from ballots.pabulib.writing import write, write_file

__all__ = [
    "AlikeBallots",
    "Expected",
    "PabulibBallot",
    "PabulibElection",
    "PabulibError",
    "PabulibProject",
    "UnsupportedVoteTypeError",
    "VoteDifference",
    "VoteType",
    "ballot_format",
    "breaches",
    "choices_on",
    "loosest_paper",
    "paper_of",
    "read",
    "read_file",
    "vote_differences",
    "write",
    "write_file",
]
