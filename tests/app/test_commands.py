"""What can be asked from a shell: a demonstration, a council, a real election again."""

from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskCliRunner
from sqlalchemy import func, select

from ballots.counting import TooHardError
from ballots.outcome import outcome_of
from neighbourhoods.database import Database
from neighbourhoods.people import Office, appointed
from neighbourhoods.phases import Phase
from neighbourhoods.places import Community, CommunityKind
from neighbourhoods.rounds import Round
from tests.builders import Town
from tests.services.test_imported import SMALL


@pytest.fixture
def shell(app: Flask) -> FlaskCliRunner:
    return app.test_cli_runner()


@pytest.fixture
def election(tmp_path: Path) -> Path:
    file = tmp_path / "small.pb"
    file.write_text(SMALL)
    return file


def test_the_demonstration_has_rounds_in_different_phases(
    shell: FlaskCliRunner, database: Database
) -> None:
    done = shell.invoke(args=["demo"])
    assert done.exit_code == 0, done.output
    with database.reading() as session:
        kinds = dict(
            session.execute(select(Community.kind, func.count()).group_by(Community.kind)).all()
        )
        phases = set(session.scalars(select(Round.phase)))
        councillors = appointed(session, Office.COUNCILLOR)
    assert kinds == {
        CommunityKind.WARD: 3,
        CommunityKind.NEIGHBOURHOOD: 5,
        CommunityKind.INTEREST: 2,
    }
    assert phases >= {Phase.IDEAS, Phase.DEBATE, Phase.VOTE, Phase.SIGN_OFF, Phase.DELIVERY}
    assert len(councillors) == 7
    for who in (
        "Resident",
        "Councillor",
        "Officer",
        "Facilitator",
        "Scrutineer",
        "Assembly screen",
    ):
        assert who in done.output


def test_a_second_demonstration_keeps_the_data(shell: FlaskCliRunner, database: Database) -> None:
    counts = []
    for _ in range(2):
        assert shell.invoke(args=["demo"]).exit_code == 0
        with database.reading() as session:
            counts.append(session.scalar(select(func.count()).select_from(Round)))
    assert counts[0] == counts[1]
    assert counts[0]


def test_the_printed_link_signs_its_person_in(shell: FlaskCliRunner, app: Flask) -> None:
    printed = shell.invoke(args=["demo"]).output
    link = next(line.split()[-1] for line in printed.splitlines() if line.startswith("Officer"))
    client = app.test_client()
    assert client.get(link, follow_redirects=True).status_code == 200
    assert client.get("/office").status_code == 200


def test_there_is_no_demonstration_in_production(production_app: Flask) -> None:
    done = production_app.test_cli_runner().invoke(args=["demo"])
    assert done.exit_code != 0
    assert "no place in production" in done.output


def test_a_council_file_can_be_read_in_twice(
    shell: FlaskCliRunner, database: Database, tmp_path: Path
) -> None:
    file = tmp_path / "council.toml"
    file.write_text(
        '[[wards]]\nname = "North"\npostcodes = ["AB1 2CD"]\n'
        'councillors = [{ name = "Ann", email = "Ann@Example.org" }]\n'
        '[[scrutineers]]\nname = "Una"\nemail = "Una@Example.org"\n'
    )
    for _ in range(2):
        assert shell.invoke(args=["set-up-council", str(file)]).exit_code == 0
    with database.reading() as session:
        assert [person.email for person in appointed(session, Office.COUNCILLOR)] == [
            "ann@example.org"
        ]
        assert [person.name for person in appointed(session, Office.SCRUTINEER)] == ["Una"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[[wards]]\n", "name is missing"),
        ('[[wards]]\nname = "N"\npostcodes = ["here"]\n', "here is not a postcode"),
        ("wards = [", "council.toml"),
        ('[[menu]]\ntitle = "T"\nabout = "a"\ncategory = "c"\ncost = "much"\n', "sums in pounds"),
    ],
)
def test_a_faulty_council_file_is_explained_and_nothing_of_it_is_kept(
    shell: FlaskCliRunner, database: Database, tmp_path: Path, text: str, words: str
) -> None:
    file = tmp_path / "council.toml"
    file.write_text(text)
    done = shell.invoke(args=["set-up-council", str(file)])
    assert done.exit_code == 1
    assert words in done.output
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Community)) == 0


def test_a_replay_ends_with_the_files_own_votes(
    shell: FlaskCliRunner, database: Database, town: Town, election: Path
) -> None:
    done = shell.invoke(args=["replay", str(election), "--rate", "0"])
    assert done.exit_code == 0, done.output
    assert "Voter z lists project a/1 twice; it counts once." in done.output
    assert "4 ballots counted" in done.output
    with database.reading() as session:
        the_round = session.scalars(select(Round)).one()
        assert the_round.phase == Phase.SIGN_OFF
        assert outcome_of(session, the_round.id) is not None


@pytest.mark.parametrize("command", ["import-pabulib", "replay"])
def test_no_election_is_imported_to_be_watched_in_steps_below_ten(
    command: str, shell: FlaskCliRunner, database: Database, town: Town, election: Path
) -> None:
    done = shell.invoke(args=[command, str(election), "--step", "9"])
    assert done.exit_code == 2
    assert "9 is not in the range x>=10" in done.output
    with database.reading() as session:
        assert session.scalars(select(Round)).all() == []


def test_a_replay_that_its_rule_cannot_decide_says_why(
    shell: FlaskCliRunner, town: Town, election: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    town.session.commit()

    def give_up(*_: object) -> None:
        raise TooHardError("more than 0 sums")

    monkeypatch.setattr("ballots.poll.count", give_up)
    done = shell.invoke(args=["replay", str(election), "--rate", "0"])
    assert done.exit_code == 1
    assert done.output.endswith("there are too many sets of projects to compare.\n")


def test_a_replay_that_was_broken_off_goes_on_in_the_same_round(
    shell: FlaskCliRunner, database: Database, town: Town, election: Path
) -> None:
    shell.invoke(args=["replay", str(election), "--rate", "0", "--keep-open"])
    done = shell.invoke(args=["replay", str(election), "--rate", "0"])
    assert "4 ballots counted" in done.output, done.output
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Round)) == 1


def test_a_file_that_cannot_be_read_is_explained_by_line(
    shell: FlaskCliRunner, database: Database, town: Town, election: Path
) -> None:
    election.write_text(SMALL.replace("a/1;60", "a/1;sixty"))
    done = shell.invoke(args=["import-pabulib", str(election)])
    assert done.exit_code == 1
    assert "line 13" in done.output
    assert "a sum of money" in done.output
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Round)) == 0


def test_ballots_that_no_paper_allows_are_refused_in_words(
    shell: FlaskCliRunner, town: Town, election: Path
) -> None:
    half_points = SMALL.replace("vote_type;approval", "vote_type;cumulative")
    head, votes = half_points.split("VOTES\n")
    header, *rows = votes.splitlines()
    pointed = [f"{row};" + ",".join("1.5" for _ in row.split(";")[1].split(",")) for row in rows]
    election.write_text("\n".join([f"{head}VOTES", f"{header};points", *pointed]) + "\n")
    done = shell.invoke(args=["import-pabulib", str(election)])
    assert done.exit_code == 1
    assert "cumulative ballots can be cast only if all points are whole" in done.output


def test_an_import_without_a_council_says_what_to_do(
    shell: FlaskCliRunner, database: Database, election: Path
) -> None:
    done = shell.invoke(args=["import-pabulib", str(election)])
    assert done.exit_code == 1
    assert "Set up a council" in done.output
