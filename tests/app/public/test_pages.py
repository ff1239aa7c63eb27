"""Pages of words."""

import pytest

from tests.app.public.builders import signed_round
from tests.builders import Town
from tests.council import Site


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("/how-your-vote-is-kept", "What we do not promise"),
        ("/accessibility", "version 2.2, level AA"),
        ("/privacy", "Information Commissioner’s Office"),
        ("/open-data", "tally.json"),
        ("/source-code", "GNU Affero General Public License"),
    ],
)
def test_a_page_of_words_opens_for_anybody(site: Site, address: str, words: str) -> None:
    answer = site.as_(None).get(address)
    assert answer.status_code == 200
    assert words in answer.text


def test_open_data_leads_to_real_records(site: Site, town: Town) -> None:
    the_round = signed_round(town)
    assert f'"/rounds/{the_round.id}/record.json"' in site.as_(None).get("/open-data").text
