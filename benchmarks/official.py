"""How many real elections the count reproduces under the rule that each file declares.

Promise (docs/counting.md): every outcome that a declared rule can explain. Compared is the
`selected` column of every Pabulib file that has one; what is not reproduced is listed with its
cause, and so is what only the file's columns explain because ballots are missing from it.

Run: python -m benchmarks.official [FILE.pb …]
"""

import sys
from pathlib import Path

from ballots.pabulib import PabulibElection, PabulibError, read_file
from ballots.pabulib.comparison import Cause, Comparison, compared, has_outcome

REPOSITORY = Path(__file__).parents[1]
FILES = REPOSITORY.parent / "shared" / "pabulib"
# What no count of the file's ballots could show.
NO_RULE = (Cause.RULE_UNKNOWN, Cause.CUSTOM_RULE)


def told(election: PabulibElection, comparison: Comparison) -> str:
    """What became of one file, where it is not simply reproduced."""
    if comparison.cause is None:
        return "reproduced from its columns: ballots are missing from it"
    declared = election.meta.get("rule", "none")
    differing = ", ".join(
        f"{each.project_id} ({each.in_file} in the file, {each.counted} counted)"
        for each in comparison.differences
    )
    comment = election.meta.get("comment", "")
    words = [f"{comparison.cause.value} (rule: {declared})", differing, comment[:600]]
    return "\n    ".join(filter(None, words))


def main(arguments: list[str]) -> int:
    """Print the figures and the list; 1 if a declared rule explains something else."""
    paths = [Path(argument) for argument in arguments] or sorted(FILES.rglob("*.pb"))
    found: dict[Path, Comparison] = {}
    lines = []
    for path in paths:
        try:
            election = read_file(path)
        except PabulibError as wrong:
            lines.append(f"{path.name}: unreadable, {wrong}")
            continue
        if has_outcome(election):
            found[path] = comparison = compared(election)
            if not comparison.reproduced or comparison.from_columns:
                lines.append(f"{path.name}: {told(election, comparison)}")
    declared = [each for each in found.values() if each.cause not in NO_RULE]
    reproduced = sum(each.reproduced for each in declared)
    print(f"{len(paths)} files, {len(found)} with an outcome, {len(declared)} with a rule to apply")
    print(
        f"{reproduced} reproduced: {reproduced / max(1, len(declared)):.1%} of those with a rule,"
    )
    print(f"  {reproduced / max(1, len(found)):.1%} of those with an outcome")
    print("\n".join(lines))
    return int(reproduced < len(declared))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
