"""The retention table: every table of the schema, what it holds about people, and for how long.

The page `/privacy/how-long` and docs/data-map.md are made of it; a test fails while a table of the
schema, or a column that leads to a person, is missing here.
"""

from collections.abc import Iterator

from flask_babel import lazy_gettext as _l

from app.privacy.kept import Basis, Kept, Then, Topic
from app.privacy.kept_in_office import IN_OFFICE
from app.privacy.kept_of_residents import OF_RESIDENTS
from app.privacy.kept_of_votes import OF_VOTES

TOPICS: dict[Topic, str] = {
    Topic.ACCOUNT: _l("Your account and letters to you"),
    Topic.WORDS: _l("What you write and back"),
    Topic.VOTE: _l("The electoral roll and the vote"),
    Topic.MEETINGS: _l("Meetings in a hall"),
    Topic.DECISIONS: _l("What councillors and officers do in office"),
    Topic.MONEY: _l("Money and delivery"),
    Topic.NOBODY: _l("What holds nothing about anybody"),
}

BASES: dict[Basis, str] = {
    Basis.TASK: _l("A task in the public interest (UK GDPR, Article 6(1)(e))"),
    Basis.DUTY: _l("A legal obligation (UK GDPR, Article 6(1)(c))"),
    Basis.NONE: _l("It is no personal data"),
}

FATES: dict[Then, str] = {
    Then.DELETED: _l("It is deleted."),
    Then.BLANKED: _l("What names anybody is blanked; the rest stays."),
    Then.KEPT: _l("It stays."),
}


# What lies outside the database, and how long.
BESIDE = (
    (
        _l("A cookie in your browser that says who is signed in:"),
        _l(
            "30 days, or until you sign out. We keep no list of sessions, and no challenge of a "
            "passkey: it is in the cookie."
        ),
    ),
    (
        _l("The key of each round, a file apart from the database:"),
        _l("until the result can no longer be disputed, 28 days after councillors signed."),
    ),
    (
        _l(
            "How often codes were asked for or tried, so that nobody guesses them. Counted under "
            "marks of e-mail addresses, accounts and visitors’ addresses, which nobody reads back "
            "without the council’s secret key:"
        ),
        _l(
            "a day at most; in Redis, which may write them to its disk, or in the memory of the "
            "server where one process serves."
        ),
    ),
    (
        _l("Photos of what was done, without place, time and camera:"),
        _l("with the reports they stand beside."),
    ),
    (
        _l("Logs of the server: what failed and how long it took, without names and ballots:"),
        _l("as long as the council’s log settings say."),
    ),
    (
        _l("Backups:"),
        _l(
            "as long as the council’s backup plan says. What was erased stays in older ones until "
            "they go; after one is restored, erase again and run the purge."
        ),
    ),
)


def retention() -> Iterator[Kept]:
    """Every row of the table, topic by topic."""
    rows = (*OF_RESIDENTS, *OF_VOTES, *IN_OFFICE)
    for topic in Topic:
        yield from (row for row in rows if row.topic == topic)
