"""How a vote is kept, in plain words: the page shows them, and SECURITY.md says the same.

A test holds the two together, word for word. What stands between backticks is typed in.
"""

from dataclasses import dataclass

from flask_babel import gettext as _


@dataclass(frozen=True)
class Kept:
    """One idea about how a vote is kept; `exactly` is for those who want to check it."""

    about: str
    words: str
    exactly: str = ""


def promised() -> list[Kept]:
    """What is promised about a vote, in the order in which a voter meets it."""
    return [*_about_ballots(), *_about_figures(), *_about_proof()]


def _about_ballots() -> list[Kept]:
    return [
        Kept(
            _("One person, one ballot"),
            _(
                "Everybody who may vote is on the round’s electoral roll once, and has one ballot. "
                "You can change it until voting closes: the last valid one before the close counts."
            ),
            _(
                "The database itself refuses a second ballot. The same request sent twice is one "
                "ballot and gets the same receipt, for as long as the round’s key exists."
            ),
        ),
        Kept(
            _("No name on the ballot"),
            _(
                "A ballot carries no name, time, address or serial number. It lies under a code "
                "made from your entry on the roll and a secret key of the round. The roll is never "
                "written while people vote, so nothing on it shows who has voted."
            ),
            _(
                "The code is a keyed hash (HMAC-SHA256) of the roll entry. The key is a file "
                "outside the database."
            ),
        ),
        Kept(
            _("The order in which people come"),
            _(
                "Your ballot first waits in a locked box. It comes out shuffled, together with "
                "many others, so that its place does not show when you came."
            ),
            _(
                "Waiting ballots are encrypted under the round’s key. They enter the ledger in "
                "batches of at least 250; a smaller vote is one batch, at the close. Neither the "
                "order of rows nor anything that the database keeps beside them links a ballot "
                "with the order in which people came."
            ),
        ),
        Kept(
            _("The key is destroyed"),
            _(
                "People have 28 days after sign-off to dispute a result. Then the council destroys "
                "the round’s key. From then on nobody, not even the council, can go from a name to "
                "a ballot."
            ),
            _("Destroying the key is itself an entry in the ledger, which anybody can see."),
        ),
    ]


def _about_figures() -> list[Kept]:
    return [
        Kept(
            _("What others see while voting is open"),
            _(
                "How many people have voted is always shown. A sealed vote shows nothing else "
                "until the close. In a live vote the figures move in steps. Each step takes in "
                "20 people or more who vote for the first time, drawn by lot, and at least as many "
                "are always held back. So nobody can watch you vote and read off your choice."
            ),
            _(
                "Steps are at least 5 seconds apart, with a random delay. A changed vote never "
                "makes a step. A round’s rules can make steps smaller, as for a hall, but never "
                "smaller than 10. With fewer than 50 people who may vote, a live vote is sealed."
            ),
        ),
        Kept(
            _("A show of hands"),
            _(
                "A show of hands is open: the figures follow every vote at once, and whoever sees "
                "when you vote may work out how. Everybody is told so."
            ),
        ),
    ]


def _about_proof() -> list[Kept]:
    return [
        Kept(
            _("Your receipt"),
            _(
                "When your ballot is in the box you get a receipt code: four times four letters "
                "and digits. It shows that a ballot is in the box. The code itself does not say "
                "what is on the ballot. If you change your vote, the old receipt says that it was "
                "replaced."
            ),
        ),
        Kept(
            _("A promise that is signed"),
            _(
                "Your phone picks a random number, and our computer picks another. Together with "
                "your choices they make a fingerprint. We sign a promise to put that fingerprint "
                "into the box, and your phone checks the signature before it says “Counted”."
            ),
            _(
                "The fingerprint is a commitment (SHA-256), the signature is Ed25519. The receipt "
                "code is the beginning of the fingerprint."
            ),
        ),
        Kept(
            _("A book that only grows"),
            _(
                "Every step of a vote is written into a ledger: that it opened, each batch of "
                "ballots, each time figures were shown, that it closed, the count, a draw, the "
                "signing, corrections. Once somebody else has a copy, nobody can change or take "
                "out an entry unnoticed."
            ),
            _(
                "Each entry carries the hash of the one before, and a signature. The database "
                "refuses to change or delete one. With `flask witness` somebody else can keep "
                "copies of the ledger’s heads and compare."
            ),
        ),
        Kept(
            _("The rules do not move"),
            _(
                "How votes are counted, and who wins if projects stand level, is fixed when voting "
                "opens. If the rules say that a tie is drawn, the draw is made in public, after "
                "the close."
            ),
            _(
                "Rules are frozen, with their hash. A draw comes from dice thrown in public or "
                "from a public beacon; two people enter it, and anybody can repeat it."
            ),
        ),
        Kept(
            _("Anybody can count again"),
            _(
                "If 100 ballots or more were cast, all of them are published after the close, "
                "without names, together with what opens their fingerprints. So anybody can count "
                "them again, and need not believe us."
            ),
            _(
                "Download the record and the program from the record’s page: one file, no "
                "installation. Then `python verify.py record.json`. The notice of a decision is "
                "checked the same way, or with OpenSSL alone: `docs/verification.md`."
            ),
        ),
        Kept(
            _("Small votes"),
            _(
                "Where fewer than 100 ballots were cast, single ballots could give people away, "
                "because most are unlike any other. Then only the counts are published. "
                "Scrutineers, people who are named, receive what opens the fingerprints and count "
                "again."
            ),
        ),
    ]


def not_promised() -> list[Kept]:
    """What nobody can promise, or we do not."""
    return [
        Kept(
            _("Somebody who watches you"),
            _(
                "If somebody looks over your shoulder while you vote, we cannot help that. You can "
                "change your vote later, alone, until voting closes."
            ),
        ),
        Kept(
            _("Your receipt, once ballots are published"),
            _(
                "Your code is the beginning of the fingerprint. Once the ballots are published, "
                "whoever knows your code can find that ballot in the file and read it. Until then "
                "nobody can read your choice from it, and in a small vote only scrutineers can. "
                "Keep your receipt to yourself."
            ),
        ),
        Kept(
            _("A dishonest computer"),
            _(
                "A server that is dishonest while the vote is open sees a choice and who sends it "
                "in the same moment. It could also put in ballots for people who stay away, up to "
                "the size of the roll. What it cannot do unnoticed is drop or change a ballot "
                "whose voter keeps the receipt and checks it."
            ),
        ),
        Kept(
            _("Voting without JavaScript"),
            _(
                "Your phone then does not check the signature before it says “Counted”. You can "
                "check the receipt later."
            ),
        ),
        Kept(
            _("The key, as long as there is one"),
            _(
                "Whoever has both the database and the key folder before the key is destroyed can "
                "go from a name to a ballot. We cannot destroy a copy of the key that somebody "
                "kept."
            ),
        ),
        Kept(
            _("When all choose the same"),
            _(
                "If all who voted chose the same, the result itself shows how each of them voted. "
                "No system can hide that."
            ),
        ),
    ]
