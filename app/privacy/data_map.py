"""The data map: the retention table as a document for whoever answers for data protection."""

from collections.abc import Iterator

from app.privacy.kept import Kept, Topic
from app.privacy.periods import DEFAULT_DAYS, Period
from app.privacy.retention import BASES, BESIDE, FATES, TOPICS, retention

HEAD = """# Data map

What Wardmote keeps about people, table by table. This file is made of `app/privacy/` (see
`tests/app/test_retention.py`), so it says what the program does; residents read the same at
`/privacy/how-long`. Periods are the defaults: a council sets its own with `WARDMOTE_KEEP_DAYS`
([council.md](council.md)). `flask purge` clears what is past its time. [dpia.md](dpia.md) weighs
the risks.

Recipients: the council’s officers and councillors, as `tests/app/access_table.txt` says for every
page; the mail server that carries letters; whoever runs the server. Nothing goes to anybody else,
and nothing to another country, unless the council’s own hosting does.
"""


def data_map() -> str:
    """The whole document, in Markdown."""
    rows = list(retention())
    return "\n".join([HEAD, *_periods(), *(line for topic in Topic for line in _part(rows, topic))])


def _periods() -> Iterator[str]:
    yield "| period in `WARDMOTE_KEEP_DAYS` | days by default |"
    yield "| --- | --- |"
    for period in Period:
        yield f"| `{period.value}` | {DEFAULT_DAYS[period]} |"
    yield ""


def _part(rows: list[Kept], topic: Topic) -> Iterator[str]:
    yield f"## {TOPICS[topic]}"
    yield ""
    for row in rows:
        if row.topic == topic:
            yield from _row(row)
    if topic == Topic.NOBODY:
        yield "## Beside the tables"
        yield ""
        for what, how_long in BESIDE:
            yield f"* {what} {how_long}"
        yield ""


def _row(row: Kept) -> Iterator[str]:
    yield f"**{row.about}**"
    yield ""
    yield f"* Tables: {', '.join(f'`{table}`' for table in row.tables)}"
    if row.personal:
        yield f"* Columns about people: {', '.join(f'`{column}`' for column in row.personal)}"
        yield f"* Basis: {BASES[row.basis]}"
        yield f"* How long: {row.until_in_words(DEFAULT_DAYS)}"
        yield f"* Then: {FATES[row.then]}"
        yield f"* On erasure: {row.erased}"
        if row.names_stay:
            yield "* A name or an address may still stand here after its owner’s data were erased."
    yield ""
