"""Elections for the counting tests: drawn, unpacked, packed again."""

from hypothesis import strategies as st

from ballots.counting import BallotGroup, Election, Project


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


@st.composite
def drawn_elections(
    draw: st.DrawFn, most_projects: int = 6, *, pointed: bool | None = None
) -> Election:
    """Small elections in which level projects, empty purses and exact sums are common."""
    costs = draw(st.lists(st.integers(1, 12), min_size=1, max_size=most_projects))
    scale = draw(st.sampled_from([1, 7, 100]))
    projects = [Project(chr(97 + at), cost * scale) for at, cost in enumerate(costs)]
    with_points = draw(st.booleans()) if pointed is None else pointed
    groups = []
    for _ in range(draw(st.integers(1, 6))):
        chosen = draw(st.lists(st.sampled_from(projects), unique_by=id, max_size=len(projects)))
        points = tuple(draw(st.integers(-1, 4)) for _ in chosen) if with_points else None
        groups.append(BallotGroup(tuple(p.id for p in chosen), draw(st.integers(1, 4)), points))
    budget = draw(st.integers(0, 30)) * scale
    return Election.of(projects, groups, budget)
