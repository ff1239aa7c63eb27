"""What may be shown now, to anybody at all: how many voters the published figures cover. Pure.

Source: Wardmote's blueprint, "Secrecy and proof". Figures that move with every ballot tell
whoever watches the queue how each person voted (measured on 1,096 real elections: a live tally
gives away 100 % of votes, steps of ten 1.4 %). So live figures move in steps that each cover at
least `k` first-time voters, and the remainder held back is at least `k` too: flushing a smaller
one at close showed one single ballot in a tenth of closings. Somebody who changes a ballot is
no new voter and never makes a step on their own.
"""

from enum import StrEnum

# Live figures move no oftener; the clerk adds a delay drawn by lot, so that nobody can tell who
# came last before a step.
SECONDS_APART = 5
MOST_SECONDS_LATER = 3
# Voters in a step: by default, and at the least, as in a hall.
DEFAULT_STEP = 20
LEAST_STEP = 10
# With fewer people on the roll, or checked in at a hall, live figures would tell too much.
ENOUGH_FOR_LIVE = 50


class DisclosureProfile(StrEnum):
    """Who sees figures when; fixed when the round opens."""

    OPEN = "open"
    LIVE = "live"
    SEALED = "sealed"


def voters_covered(
    profile: DisclosureProfile, first_time_voters: int, k: int, *, closed: bool
) -> int:
    """How many first-time voters' ballots published figures may cover.

    Of n voters: closed or open, n; sealed, 0; live, 0 before 2k and k·⌊(n-k)/k⌋ from there on.
    """
    if k < 1 or first_time_voters < 0:
        raise ValueError("a step covers at least one voter, and voters are not negative")
    if closed or profile is DisclosureProfile.OPEN:
        return first_time_voters
    if profile is DisclosureProfile.SEALED:
        return 0
    return max(0, k * ((first_time_voters - k) // k))


def next_step(
    profile: DisclosureProfile, sealed_already: int, pending: int, k: int, *, closed: bool
) -> int:
    """How many pending ballots may now be sealed into the next published step.

    While a live vote is open: 0 or at least `k`, always leaving at least `k` behind, so that
    the step at close covers `k` voters too whenever 2k or more took part. Holds for any
    `sealed_already`, also one that is no multiple of `k`.
    """
    if sealed_already < 0 or pending < 0:
        raise ValueError("ballots are not negative")
    step = voters_covered(profile, sealed_already + pending, k, closed=closed) - sealed_already
    smallest = 1 if closed or profile is DisclosureProfile.OPEN else k
    return step if step >= smallest else 0


def profile_among(profile: DisclosureProfile, people: int) -> DisclosureProfile:
    """The profile as it is held among so many people who may vote: a small live vote is sealed."""
    too_few = profile is DisclosureProfile.LIVE and people < ENOUGH_FOR_LIVE
    return DisclosureProfile.SEALED if too_few else profile
