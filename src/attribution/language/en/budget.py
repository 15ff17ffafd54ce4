"""English: what to do with the budget, as far as experiments tell."""

from __future__ import annotations

TEXTS: dict[str, str | tuple[str, str]] = {
    "budget": "What to do",
    "budget.title": (
        (
            "Budget advice for {n} channel: {unproductive:d} unproductive, {productive:d} productive at "
            "the average"
        ),
        (
            "Budget advice for {n} channels: {unproductive:d} unproductive, {productive:d} productive at "
            "the average"
        ),
    ),
    "budget.unproductive": "Cut {channel}: its {cost} of spend did not pay; stopping it would have "
    "saved {saving} ({low} to {high}).",
    "budget.productive": "Keep {channels}: spend there paid on average. That does not say that "
    "more of it would.",
    "budget.unknown": (
        (
            "Test {channel}, on which {cost} were spent: whether that paid is not known, and knowing it "
            "is worth {evpi} at most."
        ),
        (
            "Of {n} channels with {cost} of spend it is not known whether they pay; test {channel} "
            "first: knowing it is worth {evpi} at most."
        ),
    ),
    "budget.none": "No channel has spend.",
    "budget.stated": "Moves count with the stated elasticity; a change of more than a fifth of a "
    "channel's spend is beyond what any test has seen.",
    "budget.diminishing": "That a channel can be cut follows where returns diminish; that one can "
    "be raised needs a test that spends more.",
    "budget.channel": "Channel",
    "budget.cost": "Spend",
    "budget.verdict": "Verdict",
    "budget.saving": "Saved by stopping",
    "budget.p_profitable": "Chance that it pays",
    "budget.evpi": "Worth of knowing",
    "budget.caption": "Channels with spend, by what stopping them would have saved ({level} intervals)",
    "budget.verdict.unproductive": "unproductive",
    "budget.verdict.productive at the average": "productive at the average",
    "budget.verdict.unknown: test": "not known: test it",
}
