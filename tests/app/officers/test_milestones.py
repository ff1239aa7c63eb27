"""Officers promise milestones, show photos, and moderate what residents say."""

import hashlib
import io
from datetime import UTC, date, datetime, timedelta

import pytest
from bs4 import BeautifulSoup
from PIL import Image

from app.photos import place_of
from neighbourhoods.delivery import Delivery, DeliveryStatus
from neighbourhoods.letters import newest_letters
from neighbourhoods.milestones import Planned, plan_milestone
from neighbourhoods.ratings import rate_delivery, ratings_in
from tests.app.officers.test_deliveries import address, delivery
from tests.builders import Clock, Town
from tests.council import Site

__all__ = ["delivery"]  # a fixture
STEP = {
    "title": "The bench is built",
    "due_on": ["1", "11", "2026"],
    "owner": "Parks team",
    "done_on": ["", "", ""],
    "note": "",
}
LATE = "Late: “The bench is built” was due on Sunday 1 November 2026"


def photo(colour: str = "red") -> tuple[io.BytesIO, str]:
    written = io.BytesIO()
    Image.new("RGB", (40, 30), colour).save(written, "PNG")
    written.seek(0)
    return written, "bench.png"


def test_a_milestone_turns_late_by_itself_wherever_residents_look(
    site: Site, town: Town, delivery: Delivery
) -> None:
    officer = site.as_(town.officer)
    page = officer.post(address(delivery) + "/milestones/new", data=STEP, follow_redirects=True)
    assert "Late: was due on Sunday 1 November 2026" in page.text
    for where in (
        f"/communities/{town.neighbourhood.slug}",
        f"/communities/{town.ward.slug}",
        f"/rounds/{delivery.round_id}/delivery",
    ):
        assert LATE in site.as_(None).get(where).text, where
    assert LATE in officer.get("/office").text
    assert "22 days late" in site.as_(town.councillor).get("/desk").text
    assert "22 days late" not in site.as_(town.other_councillor).get("/desk").text


def test_a_milestone_turns_late_at_midnight_in_britain(
    site: Site, town: Town, delivery: Delivery, clock: Clock
) -> None:
    plan_milestone(town.session, delivery, Planned("Dig", date(2027, 7, 1), "Parks team"))
    town.session.commit()
    places = (f"/communities/{town.ward.slug}", f"/rounds/{delivery.round_id}/delivery")
    # A minute before and after midnight in British summer time.
    for minute, is_late in ((59, False), (61, True)):
        clock.moment = datetime(2027, 7, 1, 22, tzinfo=UTC) + timedelta(minutes=minute)
        for where in places:
            page = site.as_(None).get(where).text
            assert ("was due on Thursday 1 July 2027" in page) is is_late, (where, minute)
        desk = site.as_(town.councillor).get("/desk").text
        assert ("1 day late" in desk) is is_late


def test_everyone_who_wanted_it_is_told_once_when_a_milestone_is_reached(
    site: Site, town: Town, delivery: Delivery
) -> None:
    step = plan_milestone(
        town.session, delivery, Planned("The bench is built", date(2026, 11, 1), "Parks team")
    )
    plan_milestone(town.session, delivery, Planned("It is painted", date(2027, 3, 1), "Parks team"))
    town.session.commit()
    done = STEP | {"done_on": ["20", "11", "2026"], "note": "In oak."}
    officer, page = site.as_(town.officer), f"{address(delivery)}/milestones/{step.id}"
    assert officer.post(page, data=done).status_code == 303
    assert officer.post(page, data=done | {"note": "In elm."}).status_code == 303
    letters = newest_letters(town.session)
    assert {letter.to_email for letter in letters} == {town.resident.email, town.neighbour.email}
    assert len(letters) == 2
    assert "The bench is built: done on Friday 20 November 2026" in letters[0].body
    assert "In oak." in letters[0].body
    assert "It is painted. Due on Monday 1 March 2027." in letters[0].body
    assert LATE not in site.as_(None).get(f"/rounds/{delivery.round_id}/delivery").text


def test_a_milestone_done_tomorrow_is_refused_at_its_field(
    site: Site, town: Town, delivery: Delivery
) -> None:
    ahead = STEP | {"done_on": ["1", "12", "2026"]}
    answer = site.as_(town.officer).post(address(delivery) + "/milestones/new", data=ahead)
    assert answer.status_code == 422
    assert "Enter a day that has come" in answer.text


def test_the_letter_of_a_finished_project_asks_what_it_changed(
    site: Site, town: Town, delivery: Delivery
) -> None:
    data = {"status": "finished", "note": "Sit down.", "spent": "", "due_on": ["", "", ""]}
    site.as_(town.officer).post(address(delivery), data=data)
    body = newest_letters(town.session)[0].body
    ask = f"http://localhost/rounds/{delivery.round_id}/deliveries/{delivery.project_id}/rate"
    assert ask in body
    data |= {"status": "started", "note": "Not yet after all."}
    site.as_(town.officer).post(address(delivery), data=data)
    town.session.rollback()
    assert ask not in newest_letters(town.session)[0].body


def test_a_photo_is_shown_beside_its_report_in_words_too(
    site: Site, town: Town, delivery: Delivery
) -> None:
    report = {"status": "started", "note": "Look.", "photo": photo(), "alt": "A red bench"}
    answer = site.as_(town.officer).post(address(delivery), data=report)
    assert answer.status_code == 303
    page = site.as_(None).get(f"/rounds/{delivery.round_id}/delivery").text
    town.session.rollback()
    (update,) = delivery.updates
    assert update.photo is not None
    shown = f"/photos/{update.photo.digest}.jpg"
    assert f'src="{shown}" alt="A red bench" width="40" height="30"' in page
    served = site.as_(None).get(shown)
    assert hashlib.sha256(served.data).hexdigest() == update.photo.digest
    assert served.mimetype == "image/jpeg"
    assert served.headers["X-Content-Type-Options"] == "nosniff"
    assert served.headers["Cache-Control"] == "public, max-age=3600"
    served.close()


def test_a_milestone_shows_its_photo_what_it_cost_and_what_was_promised_first(
    site: Site, town: Town, delivery: Delivery
) -> None:
    officer = site.as_(town.officer)
    officer.post(address(delivery) + "/milestones/new", data=STEP)
    town.session.rollback()
    town.session.expire_all()
    (built,) = delivery.milestones
    later = STEP | {"due_on": ["1", "12", "2026"]}
    officer.post(f"{address(delivery)}/milestones/{built.id}", data=later)
    report = {"status": "started", "note": "Look.", "spent": "12.50", "milestone": str(built.id)}
    officer.post(address(delivery), data=report | {"photo": photo(), "alt": "A red bench"})
    for where in (
        f"/rounds/{delivery.round_id}/delivery",
        f"/communities/{town.ward.slug}/you-said-we-did/2026-27",
    ):
        page = BeautifulSoup(site.as_(None).get(where).text, "html5lib")
        (step,) = page.select(".wm-timetable__step")
        words = " ".join(step.get_text(" ").split())
        assert words == (
            "The bench is built Due on Tuesday 1 December 2026 "
            "First promised for Sunday 1 November 2026 Seen to by: Parks team £12.50 spent on it"
        )
        assert [img["alt"] for img in page.select(".wm-photo")] == ["A red bench"]


def test_a_photo_that_is_taken_down_is_gone_and_the_reason_stands_in_its_place(
    site: Site, town: Town, delivery: Delivery
) -> None:
    officer = site.as_(town.officer)
    report = {"status": "started", "note": "Look.", "photo": photo(), "alt": "A red bench"}
    officer.post(address(delivery), data=report)
    town.session.rollback()
    update = delivery.updates[0]
    assert update.photo is not None
    digest = update.photo.digest
    page = f"/office/rounds/{delivery.round_id}/reports/{update.id}/photo"
    assert page in officer.get(address(delivery)).text
    assert officer.post(page, data={"why": ""}).status_code == 422
    assert officer.post(page, data={"why": "Somebody on it asked."}).status_code == 303
    assert officer.post(page, data={"why": "Again."}).status_code == 409
    told = site.as_(None).get(f"/rounds/{delivery.round_id}/delivery").text
    assert "A photo stood here. It was taken down on Monday 23 November 2026" in told
    assert "Somebody on it asked." in told
    assert digest not in told
    assert site.as_(None).get(f"/photos/{digest}.jpg").status_code == 404
    with site.app.app_context():
        assert not place_of(digest).exists()


@pytest.mark.parametrize("digest", ["0" * 64, "../" * 21 + "x", "A" * 64])
def test_only_photos_beside_reports_are_served(site: Site, digest: str) -> None:
    assert site.as_(None).get(f"/photos/{digest}.jpg").status_code == 404


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ({"photo": photo(), "alt": ""}, "Say what the photo shows"),
        (
            {"photo": (io.BytesIO(b"<svg/>"), "x.jpg"), "alt": "A bench"},
            "Choose a JPEG, PNG or WebP picture of at most 5 MB",
        ),
    ],
)
def test_a_bad_photo_is_refused_at_its_field_and_nothing_is_published(
    site: Site, town: Town, delivery: Delivery, sent: dict[str, object], words: str
) -> None:
    report = {"status": "started", "note": "Look.", "spent": "1"} | sent
    answer = site.as_(town.officer).post(address(delivery), data=report)
    assert (answer.status_code, words in answer.text) == (422, True)
    town.session.rollback()
    assert (delivery.updates, delivery.spent_pence) == ([], 0)


def test_only_the_form_for_photos_takes_more_than_other_forms(
    site: Site, town: Town, delivery: Delivery
) -> None:
    officer = site.as_(town.officer)

    def answered(page: str, megabytes: int) -> int:
        head = b'--cut\r\nContent-Disposition: form-data; name="%b"%b\r\n\r\n%b\r\n'
        body = head % (b"photo", b'; filename="x.jpg"', b"x" * megabytes * 1024 * 1024)
        for name, value in ((b"status", b"started"), (b"note", b"N."), (b"alt", b"A")):
            body += head % (name, b"", value)
        kind = "multipart/form-data; boundary=cut"
        return officer.post(page, data=body + b"--cut--\r\n", content_type=kind).status_code

    assert answered(address(delivery), 3) == 422
    assert answered(address(delivery), 6) == 413
    assert answered(address(delivery) + "/milestones/new", 3) == 413


def test_an_officer_hides_words_and_shows_them_again(
    site: Site, town: Town, delivery: Delivery
) -> None:
    delivery.status = DeliveryStatus.FINISHED
    for number in range(1, 6):
        rate_delivery(town.session, delivery, f"r{number}", 5, f"It names {number}")
    town.session.commit()
    officer = site.as_(town.officer)
    first = ratings_in(town.session, delivery.project_id)[0]
    hide = f"/office/rounds/{delivery.round_id}/ratings/{first.id}"
    assert officer.post(f"{hide}/hide", data={"why": ""}).status_code == 422
    officer.post(f"{hide}/hide", data={"why": "A name."})
    public = f"/rounds/{delivery.round_id}/delivery"
    assert "It names 1" not in site.as_(None).get(public).text
    assert "Hidden: A name." in officer.get(address(delivery) + "/ratings").text
    assert officer.post(f"{hide}/hide", data={"why": "Again."}).status_code == 409
    officer.post(f"{hide}/show")
    assert "It names 1" in site.as_(None).get(public).text
