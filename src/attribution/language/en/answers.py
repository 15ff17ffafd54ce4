"""English: the first screen of a report, and what to do next."""

from __future__ import annotations

TEXTS: dict[str, str | tuple[str, str]] = {
    "answer": "In brief",
    "answer.attributed": "{share} attributed",
    "answer.lead": (
        "{channel} gets the most credit under all {models} models: {extent} of attributed conversions."
    ),
    "answer.lead.one": (
        "{channel} gets the most credit under {models}, the only model: {extent} of attributed conversions."
    ),
    "answer.no_lead": "No channel is sure to get the most credit: {parts}.",
    "answer.no_lead.part": "{channels} under {models}",
    "answer.no_lead.open": "{channels} are too close to tell under {models}",
    "answer.differ": (
        "The models differ most about {channel}: {extent} of the credit. The data do not decide between them."
    ),
    "answer.chance": "Chance was not measured, so small differences may be nothing.",
    "answer.test.effect": (
        "{channel}: a test shows an effect: {value} incremental ({outcome}; {low} to "
        "{high} with {level} confidence). The models credit {credited}."
    ),
    "answer.test.vague": (
        "{channel}: a test shows an effect, but its size is not known: {low} to {high} "
        "incremental ({outcome}; {level} confidence). The models credit {credited}."
    ),
    "answer.test.unknown": (
        "{channel}: not known: test it again. Its test fits anything from {low} to "
        "{high} incremental ({outcome}; {level} confidence). The models credit "
        "{credited}."
    ),
    "answer.test.loss": (
        "{channel}: its test counted fewer with it than without: {low} to {high} lost "
        "({outcome}; {level} confidence). The models credit {credited}."
    ),
    "answer.relative.effect": (
        "{channel}: a test shows an effect on {outcome}: {value} ({low} to {high} with {level} confidence)."
    ),
    "answer.relative.unknown": (
        "{channel}: not known: test it again. On {outcome} its test fits anything from "
        "{low} to {high}, {value} being the estimate ({level} confidence)."
    ),
    "answer.best": "{channel} has the highest credited return under every model: ROAS {extent}.",
    "answer.no_best": (
        "Which channel has the highest credited return is open: it changes with the model or with chance."
    ),
    "answer.below": "Credited value stays below spend under every model: {channels}.",
    "answer.untested": "No test says what {n} of {channels} channels caused: credit is not effect.",
    "answer.figure.cause": "Credit beside cause",
    "answer.figure.credit": "Credit, from the lowest to the highest model",
    "answer.figure.cause.note": (
        "Thick: credited conversions, from the lowest to the highest model. Thin, with "
        "a hollow point: incremental, as the channel's test found."
    ),
    "answer.figure.credit.note": "A point where models agree. No channel is tested, so no cause is shown.",
    "answer.figure.return": "Return beside spend",
    "answer.figure.return.credit": "Credit beside spend",
    "answer.figure.return.note": (
        "Thick: share of credit, from the lowest to the highest model. Hollow point: share of spend."
    ),
    "answer.figure.return.axis": "share",
    "next": "What to do next",
    "next.keep": "Keep.",
    "next.cut": "Cut.",
    "next.hold": "Add nothing.",
    "next.test": "Test.",
    "next.data": "Mend the data first.",
    "next.data.text": "Checks failed: {names}.",
    "next.blocked": "{channel} again: a check of its test failed, so the test says nothing.",
    "next.returned": ("{channel}: each {unit} spent brought back {low} to {high} in value, before margin."),
    "next.lost": "{channel}: each {unit} spent brought back {high} in value at most.",
    "next.break_even": (
        "{channel} for longer: each {unit} spent brought back {low} to {high} in value, "
        "which may be less or more than it cost."
    ),
    "next.harm": "{channel}: its test counted fewer conversions with it than without.",
    "next.effect": (
        "{channel}: a test shows its effect. What it returned is not known, since the test has no cost."
    ),
    "next.effect.vague": "{channel}, and test it again: it works, how well is not known.",
    "next.overstated": (
        "{channel}: its test shows no effect and leaves room for {high} conversions at "
        "most, where the models credit {credited}."
    ),
    "next.longer": ("{channel} for longer or with more users: its test shows no effect and rules none out."),
    "next.stake": "{channel} next: there a test would settle most.",
    "next.spend": "{channel} next: of the channels without a test it has the most spend ({cost}).",
    "next.credit": "{channel} next: of the channels without a test it has the most credit.",
    "next.no_test": "Nothing here says keep or cut: that takes a test.",
}
