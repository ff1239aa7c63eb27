"""The vote and what it decides: papers, casting, tally, count, outcome, sign-off, record."""
