"""The least that Flask and SQLAlchemy Core do for a ballot: a form comes in, rows go out, a commit.

It asks and inserts in as many statements as one ballot takes that comes alone, on eventlet, with
the pool that SQLAlchemy makes by default. Run by `ballots` in a process of its own:
python -m benchmarks.city.bare PORT DATABASE STATEMENTS
"""

import sys
import warnings

warnings.filterwarnings("ignore", message=r"\s*Eventlet is deprecated")

import eventlet  # noqa: E402

eventlet.monkey_patch()

from eventlet import wsgi  # noqa: E402
from flask import Flask, request  # noqa: E402
from sqlalchemy import (  # noqa: E402
    Boolean,
    Column,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    create_engine,
    insert,
    select,
)

# The tables of the pending box, with the same columns, keys and indices.
_TABLES = MetaData()
_CASTINGS = Table(
    "castings",
    _TABLES,
    Column("round_id", Integer, primary_key=True),
    Column("casting", String(64), primary_key=True),
    Column("voter", String(64), index=True),
    Column("envelope", LargeBinary),
)
_PENDING = Table(
    "pending_ballots",
    _TABLES,
    Column("round_id", Integer, primary_key=True),
    Column("voter", String(64), primary_key=True),
    Column("casting", String(64)),
    Column("castings", Integer),
    Column("seal", String(64)),
    Column("first_time", Boolean),
    Column("covered", Boolean),
)
INSERTS = 2


def bare_app(url: str, statements: int) -> Flask:
    """A view that looks up a key until two statements are left, and inserts two rows with them."""
    engine = create_engine(url)
    _TABLES.create_all(engine)
    app = Flask("bare")

    @app.post("/")
    def cast() -> dict[str, str]:
        round_id, casting = int(request.form["round"]), request.form["casting"]
        known = select(_CASTINGS.c.casting).where(
            _CASTINGS.c.round_id == round_id, _CASTINGS.c.casting == casting
        )
        with engine.begin() as connection:
            for _ in range(statements - INSERTS):
                connection.execute(known).all()
            connection.execute(
                insert(_CASTINGS),
                {
                    "round_id": round_id,
                    "casting": casting,
                    "voter": request.form["voter"],
                    "envelope": request.form["envelope"].encode(),
                },
            )
            connection.execute(
                insert(_PENDING),
                {
                    "round_id": round_id,
                    "voter": request.form["voter"],
                    "casting": casting,
                    "castings": 1,
                    "seal": casting,
                    "first_time": True,
                    "covered": False,
                },
            )
        return {"stored": casting}

    return app


def main() -> None:
    """Serve until told to stop."""
    port, url, statements = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    wsgi.server(eventlet.listen(("127.0.0.1", port)), bare_app(url, statements), log_output=False)


if __name__ == "__main__":
    main()
