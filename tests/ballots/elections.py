"""Elections for the counting tests: drawn, unpacked, packed again."""

from ballots.counting import BallotGroup, Election


def groups_of(election: Election) -> tuple[BallotGroup, ...]:
    """The groups of ballots that were packed."""
    ballots, ids = election.ballots, [project.id for project in election.projects]
    starts = ballots.starts.tolist()
    groups = []
    for weight, start, end in zip(ballots.weights.tolist(), starts, starts[1:], strict=False):
        choices = tuple(ids[at] for at in ballots.choices[start:end].tolist())
        points = None if ballots.points is None else tuple(ballots.points[start:end].tolist())
        groups.append(BallotGroup(choices, weight, points))
    return tuple(groups)
