"""The electoral roll of a round: importing it whole or not at all, and finding people on it."""

import csv
import io

from flask import Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired
from govuk_frontend_wtf.wtforms_widgets import GovCheckboxInput, GovFileInput
from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session
from wtforms import BooleanField

from app.access import Who, open_to
from app.counting_room import breathe
from app.fault_wording import roll_problem_in_words
from app.fields import tidy_line
from app.house import db, let_go, settings
from app.officers import officers
from app.officers.forms import show_form
from app.officers.rounds import fixed_since_the_vote
from app.photos import takes_upto
from neighbourhoods.eligibility import (
    COLUMNS,
    MOST_PROBLEMS,
    RollEntry,
    RollReading,
    check_roll,
    replace_roll,
    roll_size,
    rows_of,
)
from neighbourhoods.phases import Action
from neighbourhoods.rounds import Round

MOST_FOUND = 20
# With the form around it still within what docs/deploy/nginx.conf lets through.
MOST_ROLL_BYTES = 5_250_000
EXAMPLE = ("1024-A", "Amina Example", "ZZ1 1AA", "amina@example.org")


class RollForm(FlaskForm):
    """A roll to import."""

    file = FileField(
        _l("Electoral roll, as a CSV file"),
        [FileRequired(_l("Choose a CSV file"))],
        widget=GovFileInput(),
        description=_l(
            "At most 5 MB: about 75,000 people. Your system administrator can import more."
        ),
    )
    replace = BooleanField(_l("Replace the roll that is there now"), widget=GovCheckboxInput())


@officers.route("/office/rounds/<int:round_id>/roll", methods=["GET", "POST"])
@open_to(Who.OFFICER)
@takes_upto(MOST_ROLL_BYTES)
def roll(the_round: Round) -> ResponseReturnValue:
    """Import a round's roll from a CSV file; with one bad line nothing is imported."""
    fixed = fixed_since_the_vote(the_round, Action.IMPORT_ROLL)
    form = RollForm()
    reading = RollReading()
    people = roll_size(db(), the_round.id)
    if form.validate_on_submit():
        file = form.file.data.stream
        let_go()  # nobody waits to write while a long file is looked through
        reading = check_roll(file, breathe)
        _judge(form, reading, people)
        the_round = db().get_one(Round, the_round.id)
        if not form.errors:
            rows = rows_of(file, reading.problems)
            replace_roll(db(), settings().key_for("voter-codes"), the_round, rows, breathe)
            db().commit()
            flash(_roll_imported(reading.people), "success")
            return redirect(url_for("officers.roll", round_id=the_round.id), 303)
    words = tidy_line(request.args.get("q", ""))
    return show_form(
        "officers/roll.html",
        form,
        the_round=the_round,
        fixed=fixed,
        people=people,
        problems=[roll_problem_in_words(problem) for problem in reading.problems],
        more_problems=len(reading.problems) >= MOST_PROBLEMS,
        words=words,
        found=_people_named(db(), the_round.id, words) if words else [],
        most_found=MOST_FOUND,
    )


def _judge(form: RollForm, reading: RollReading, people: int) -> None:
    if reading.problems:
        form.file.errors = [
            _("Nothing was imported. Put the lines listed below right, then choose the file again.")
        ]
    elif people and not form.replace.data:
        form.replace.errors = [
            ngettext(
                "The file names %(new)s person. Tick the box to replace the roll of %(old)s, "
                "then choose the file again.",
                "The file names %(new)s people. Tick the box to replace the roll of %(old)s, "
                "then choose the file again.",
                reading.people,
                new=f"{reading.people:,}",
                old=f"{people:,}",
            )
        ]


def _roll_imported(people: int) -> str:
    return str(
        ngettext(
            "%(people)s person is on the roll.",
            "%(people)s people are on the roll.",
            people,
            people=f"{people:,}",
        )
    )


def _people_named(session: Session, round_id: int, words: str) -> list[RollEntry]:
    """The first people on a roll whose name or reference contains the words."""
    pattern = words[:120].lower().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    alike = [
        func.lower(column).like(f"%{pattern}%", escape="\\")
        for column in (RollEntry.name, RollEntry.reference)
    ]
    query = (
        select(RollEntry)
        .where(RollEntry.round_id == round_id, or_(*alike))
        .order_by(RollEntry.name)
        .limit(MOST_FOUND)
    )
    return list(session.scalars(query))


@officers.get("/office/rounds/<int:round_id>/roll.csv")
@open_to(Who.OFFICER)
def roll_template(the_round: Round) -> ResponseReturnValue:
    """An empty roll to fill in: the columns and one made-up person."""
    lines = io.StringIO()
    csv.writer(lines).writerows([COLUMNS, EXAMPLE])
    return Response(
        lines.getvalue(),
        mimetype="text/csv",
        headers={"Content-Disposition": f'attachment; filename="roll-{the_round.id}.csv"'},
    )
