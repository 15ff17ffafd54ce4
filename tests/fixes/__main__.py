"""Follow every printed fix and print how many there are: ``python -m tests.fixes``."""

from __future__ import annotations

from collections import Counter

from tests.fixes.tables import all_rows
from tests.fixes.test_fixes import everything, unlisted


def main() -> int:
    """Print the table, and what is wrong; return the exit code."""
    found = everything()
    outcomes = Counter(one.outcome for one in found)
    words = {one.hint for one in found if one.outcome == "words"}
    print(f"{len(all_rows()):,} rows of bad input, {len(found):,} parts of hints")
    print(f"{outcomes['works'] + outcomes['next fault']:,} lines followed")
    for outcome, count in outcomes.most_common():
        print(f"{count:>7,}  {outcome}")
    print(f"{len(words):>7,}  different hints with words")
    bad = [one for one in found if not one.good]
    for one in bad:
        print(f"\n{one.row}\n    {one.outcome}: {one.part}\n    {one.detail}")
    new, gone = unlisted()
    for name, count in new.items():
        print(f"no row reaches {name} ({count})")
    for name, count in gone.items():
        print(f"reached by now, and still in not_reached.txt: {name} ({count})")
    return 1 if bad or new or gone else 0


if __name__ == "__main__":
    raise SystemExit(main())
