"""Published values beside ours, computed by the project's own SQL: `make anchors`.

Every line names where its value is printed. A line fails when ours, rounded to the digits printed, is another number.
Data that may not be handed on are read from a folder beside the project; without them their lines are skipped.
"""

import sys

from tests.statistics import published_fits as fits
from tests.statistics import published_tests as tested
from tests.statistics.published import Anchor, Subject

SUBJECTS = [
    Subject("BG/NBD, CDNOW", "Fader, Hardie and Lee 2005", fits.bgnbd, fits.CDNOW),
    Subject("MBG/NBD, CDNOW", "lifetimes and BTYDplus test suites", fits.mbgnbd, fits.CDNOW),
    Subject("Gamma-Gamma, CDNOW", "Fader and Hardie 2013", fits.gamma_gamma, fits.CDNOW),
    Subject("sBG, High End", "Fader and Hardie 2007", fits.high_end),
    Subject("sBG, Regular", "Fader and Hardie 2007", fits.regular),
    Subject("Wilson interval", "statsmodels documentation", tested.satisfaction),
    Subject("Two proportions", "statsmodels and R documentation", tested.two_proportions),
    Subject("Net promoter score", "closed form, cybaea.net 2016", tested.net_promoter_score),
    Subject(
        "Kaplan-Meier and log-rank, lung cancer",
        "R survival package, `lung`",
        tested.lung_cancer,
        tested.LUNG,
    ),
    Subject(
        "Pair rules, Groceries",
        "Hahsler, Hornik and Reutterer (2006)",
        tested.groceries,
        tested.BASKETS,
    ),
]


def line(anchor: Anchor) -> str:
    """One printed line: quantity, published, ours with two digits more, the difference, and whether it holds."""
    ours = f"{anchor.ours:.{anchor.digits + 2}f}"
    difference = f"{anchor.ours - float(anchor.published):.1e}"
    mark = "" if anchor.holds else "  DIFFERS"
    return f"  {anchor.quantity:44}{anchor.published:>14}{ours:>18}{difference:>12}{mark}"


def main() -> int:
    """Print every subject. Returns 1 when a printed digit differs, else 0."""
    print(f"  {'':44}{'published':>14}{'ours':>18}{'difference':>12}")
    failed = 0
    for subject in SUBJECTS:
        print(f"\n{subject.title} ({subject.source})")
        if subject.data and not subject.data.exists():
            print(f"  skipped: {subject.data.name} is not on this machine")
            continue
        anchors = subject.compute()
        failed += sum(not anchor.holds for anchor in anchors)
        print("\n".join(line(anchor) for anchor in anchors))
    print(f"\n{failed} differ" if failed else "\nevery printed digit is the same")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
