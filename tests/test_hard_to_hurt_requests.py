"""Requests that make no sense: each names the argument and what would be right."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import attribution as at
from tests.hurt import WHOLE, Hurt, bad_text, check, credited, each, objects, orders, touches

GOALS = {"goal": ["purchase", "lead"]}


def log(**columns):
    return at.read_log(touches(**columns), orders())


def credit(**options):
    return at.attribute(log(), ["linear", "last_touch"], **options)


def spent(spend, **options):
    """Return {channel: (cost, roas, flag)} of the linear model."""
    frame = credit().with_spend(spend, **options).to_frame()
    frame = frame[frame["model"] == "linear"].fillna(-1.0)
    return {row.channel: (row.cost, row.roas, row.flag) for row in frame.itertuples()}


def costs(**columns):
    return {"channel": ["email"], "cost": [5.0], **columns}


def paths(**columns):
    table = {"path": ["a > b", "b"], "conversions": [3, 1], "value": [60.0, 10.0], "nulls": [5, 9], **columns}
    journeys = at.read_paths({name: values for name, values in table.items() if values is not None})
    frame = at.attribute(journeys, "linear").to_frame()
    return dict(zip(frame["channel"], zip(frame["conversions"], frame["value"], strict=True), strict=True))


def there_and_back(folder):
    """Write paths whose channels hold separators, and read them again."""
    names = ["a>b", "a > b", r"a\>b", "\\", ">"]
    table = at.build_journeys(
        at.read_log(
            {"user_id": [1] * 5, "time": pd.date_range("2026-03-01", periods=5), "channel": names},
            orders(time=["2026-03-09"] * 2),
        )
    ).path_counts()
    journeys = at.read_paths(table)
    return [journeys.channels[code] for code in journeys.channel]


def grouped(rules, *, table=None, **options):
    kept = at.read_log(touches() if table is None else table, orders()).group_channels(rules, **options)
    return {
        name: float(n)
        for name, n in at.attribute(kept, "linear").to_frame()[["channel", "conversions"]].to_numpy()
    }


JOURNEYS = {
    "not of a log": Hurt(lambda p: at.build_journeys(touches()), ("takes a log, not dict", "read_log")),
    "negative lookback": Hurt(
        lambda p: at.build_journeys(log(), lookback="-1D"), ("zero or more", '"30D"'), "lookback"
    ),
    "lookback without unit": Hurt(
        lambda p: at.build_journeys(log(), lookback=30), ("no unit", '"30D"'), "lookback"
    ),
    "lookback of months": Hurt(
        lambda p: at.build_journeys(log(), lookback="1M"), ("not a duration", "units"), "lookback"
    ),
    "lookback NaT": Hurt(lambda p: at.build_journeys(log(), lookback=pd.NaT), ("not a time",), "lookback"),
    "lookback beyond numbers": Hurt(lambda p: credited(lookback="9" * 400 + "D"), answer=WHOLE),
    "lookback of numpy": Hurt(lambda p: credited(lookback=np.timedelta64(30, "D")), answer=WHOLE),
    "lookback of no microsecond": Hurt(
        lambda p: credited(lookback="0.1us"), ("less than a microsecond",), "lookback"
    ),
    "the word False": Hurt(
        lambda p: at.build_journeys(log(), nulls="False"), ("True or False", "nulls="), "nulls"
    ),
    "unknown policy": Hurt(
        lambda p: credited(after_conversion="rest"), ("did you mean 'reset'?",), "after_conversion"
    ),
    "no touches at most": Hurt(
        lambda p: credited(max_touches=0), ("at least 1", "max_touches="), "max_touches"
    ),
    "unknown goal": Hurt(
        lambda p: credited(right=orders(**GOALS), goal="purchse"), ("did you mean 'purchase'?",), "goal"
    ),
    "a number for a goal": Hurt(
        lambda p: credited(right=orders(**GOALS), goal=5), ("neither a name nor",), "goal"
    ),
    "no goal column": Hurt(lambda p: credited(goal="purchase"), ("no goal column", "LogSchema(goal=")),
    "censored without a lookback": Hurt(
        lambda p: at.build_journeys(log(), lookback=None, drop_censored=True), ("needs a lookback", '"30D"')
    ),
}

MODELS = {
    "unknown": Hurt(lambda p: credited(models="linaer"), ("did you mean 'linear'?",), "models"),
    "none": Hurt(lambda p: credited(models=[]), ("no model", "last_touch")),
    "twice": Hurt(lambda p: credited(models=["linear", "linear"]), ("asked for twice", "labels"), "models"),
    "a number": Hurt(lambda p: credited(models=5), ("not a model", "at.Linear()")),
    "without a name": Hurt(lambda p: credited(models={"name": None}), ("without its name", "time_decay")),
    "unknown parameter": Hurt(
        lambda p: credited(models={"name": "time_decay", "half_lyfe": "7D"}),
        ("did you mean 'half_life'?",),
        "half_lyfe",
    ),
    "half-life of nothing": Hurt(lambda p: at.TimeDecay("0.1us"), ("less than a microsecond",), "half_life"),
    "shares above one": Hurt(lambda p: at.PositionBased(0.7, 0.7), ("more than 1", "PositionBased(")),
    "a share that is no number": Hurt(
        lambda p: at.PositionBased(float("nan")), ("between 0 and 1",), "first"
    ),
    "no milestones": Hurt(lambda p: credited(models="w_shaped"), ("milestone 'lead'", "midpoint")),
    "direct that is no name": Hurt(
        lambda p: at.LastNonDirect(direct=5), ("neither a name nor", "direct="), "direct"
    ),
    "direct that is not there": Hurt(
        lambda p: credited(models=at.LastNonDirect("dirct")), ("no channel 'dirct'",), "direct"
    ),
    "weights beyond numbers": Hurt(
        lambda p: credited(models=at.CustomRule({"email": 1e308, "search": 1e308})),
        ("more than a float", "scale them down"),
    ),
    "weights that are words": Hurt(
        lambda p: credited(models=at.CustomRule(lambda t: "x")), ("no numbers", "position + 1.0")
    ),
    "weights of another shape": Hurt(
        lambda p: credited(models=at.CustomRule(lambda t: [1.0])), ("shape (1,)", "one weight a touch")
    ),
    "Markov without failures": Hurt(
        lambda p: at.attribute(at.build_journeys(log(), nulls=False), "markov"),
        ("did not convert", "nulls=True"),
    ),
    "times of a path table": Hurt(
        lambda p: at.attribute(at.read_paths({"path": ["a"], "conversions": [1]}), "time_decay"),
        ("needs the times", "at.Linear()"),
    ),
    "by nothing known": Hurt(lambda p: credited(by="campain"), ("no dimension 'campain'", "dims=")),
    "by a number": Hurt(lambda p: credited(by=5), ("neither a name nor", "by="), "by"),
    "one sample": Hurt(lambda p: credit(bootstrap=1), ("at least 2", "bootstrap="), "bootstrap"),
    "seed that is a word": Hurt(
        lambda p: credit(bootstrap=2, rng="x"), ("neither a seed nor", "rng=7"), "rng"
    ),
    "buckets beyond memory": Hurt(
        lambda p: credit(bootstrap=2, buckets=2**40), ("is more than 65,536", "buckets=256")
    ),
    "an engine that is none": Hurt(lambda p: credit(engine=5), ("cannot run models", '"memory"'), "engine"),
    "of a table": Hurt(lambda p: at.attribute(touches(), "linear"), ("journeys or a log", "read_log")),
    "lookback too late": Hurt(
        lambda p: at.attribute(at.build_journeys(log()), "linear", lookback="7D"),
        ("no effect", "at.attribute(log"),
        "lookback",
    ),
}

SPEND = {
    "negative": Hurt(lambda p: spent({"email": -1}), ("negative: -1", "refund"), "cost", (0,)),
    "missing": Hurt(lambda p: spent({"email": float("nan")}), ("missing", "fillna(0)"), "cost", (0,)),
    "infinite": Hurt(lambda p: spent({"email": float("inf")}), ("infinite", "amount"), "cost", (0,)),
    "zero": Hurt(
        lambda p: spent({"email": 0, "search": 2}),
        answer={"email": (0.0, -1.0, "zero cost"), "search": (2.0, 2.5, "")},
    ),
    "next to nothing": Hurt(  # a ratio beyond all numbers is no number
        lambda p: spent({"email": 5e-324, "search": 2}),
        answer={"email": (5e-324, -1.0, ""), "search": (2.0, 2.5, "")},
    ),
    "one-sided": Hurt(
        lambda p: spent({"tv": 5}),
        answer={
            "email": (-1.0, -1.0, "no spend"),
            "search": (-1.0, -1.0, "no spend"),
            "tv": (5.0, 0.0, "no credit"),
        },
    ),
    "beyond numbers": Hurt(lambda p: spent({"email": 10**400}), ("too large", "DataFrame")),
    "beyond numbers together": Hurt(
        lambda p: spent({"email": 1e308, "search": 1e308}), ("more than a float", "unit"), "cost"
    ),
    "with a currency sign": Hurt(
        lambda p: spent(costs(cost=["$5"])), ("'$5'", "currency signs"), "cost", (0,)
    ),
    "twice": Hurt(
        lambda p: spent(costs(channel=["email"] * 2, cost=[5.0, 6.0])),
        ("more than one row", "groupby"),
        "channel",
        (1,),
    ),
    "of another case": Hurt(
        lambda p: spent({"Email": 5}), ("'Email' is 'email'", "replace"), "channel", (0,)
    ),
    "of nobody": Hurt(lambda p: spent(costs(channel=[None])), ("no channel", "fillna"), "channel", (0,)),
    "unattributed": Hurt(lambda p: spent({"(unattributed)": 5}), ("no channel", "other"), "channel", (0,)),
    "no UTF-8": Hurt(lambda p: spent(pa.table(costs(channel=bad_text(b"\xff")))), ("UTF-8",), "channel"),
    "column misspelt": Hurt(
        lambda p: spent(pd.DataFrame({"chanel": ["email"], "spend": [5]})),
        ("'chanel'", "rename(columns="),
        "channel",
    ),
    "no rows": Hurt(
        lambda p: {flag for *_, flag in spent(pd.DataFrame({"channel": [], "cost": []})).values()},
        answer={"no spend"},
    ),
    "of another year": Hurt(
        lambda p: spent(costs(date=["2020-01-01"])),
        ("outside 2026-03-01 to 2026-03-05", 'outside="keep"'),
        "date",
    ),
    "of no day": Hurt(lambda p: spent(costs(date=["yesterday"])), ("2026-01-31", "to_datetime"), "date"),
    "of a day beyond calendars": Hurt(
        lambda p: spent(costs(date=pa.array([2**62], pa.timestamp("s")))),
        ("years 1 to 9999", "unit"),
        "date",
        (0,),
    ),
    "of a week that is none": Hurt(
        lambda p: spent(costs(week=["2026-W54"])), ("2026-W05", "to_datetime"), "week"
    ),
    "in two currencies": Hurt(
        lambda p: spent(costs(channel=["email", "search"], cost=[1.0, 2.0], currency=["EUR", "USD"])),
        ("EUR, USD", "rates="),
        "currency",
    ),
    "in a currency that is a number": Hurt(
        lambda p: spent({"email": 5}, currency=5), ("symbol or code", '"EUR"'), "currency"
    ),
    "with negative decimals": Hurt(
        lambda p: spent({"email": 5}, decimals=-1), ("at least 0", "decimals="), "decimals"
    ),
    "of a file that is not there": Hurt(
        lambda p: spent(p / "no.csv"), ("there is no file", "no.csv", "check the name")
    ),
    "of a number": Hurt(lambda p: spent(5), ("neither a path nor a table", '{"email": 100.0}')),
    "coarser than the credit": Hurt(
        lambda p: credit(by="month").with_spend({"email": 5}), ("by month", "give the spend by month"), "date"
    ),
    "of a part of the credit": Hurt(
        lambda p: credit().select(channels="email").with_spend({"email": 5}),
        ("narrowed to 1 of 2", ".select("),
    ),
}

PATHS = {
    "misspelt": Hurt(
        lambda p: at.read_paths({"paht": ["a"], "conversions": [1]}), ("did you mean 'paht'?",), "path"
    ),
    "negative": Hurt(
        lambda p: paths(conversions=[3, -1]), ("negative", "net a correction"), "conversions", (1,)
    ),
    "not numbers": Hurt(
        lambda p: paths(nulls=["5", "many"]), ("not numbers", "decimal point"), "nulls", (1,)
    ),
    "missing": Hurt(lambda p: paths(value=[1.0, None]), ("missing", "fillna(0)"), "value", (1,)),
    "beyond numbers": Hurt(
        lambda p: paths(conversions=[1e308, 1e308]), ("more than a float",), "conversions"
    ),
    "worth something, of no conversion": Hurt(
        lambda p: paths(conversions=[0, 1]), ("no conversions",), "value", (0,)
    ),
    "no text": Hurt(lambda p: paths(path=[1, 2]), ("must be text", "astype"), "path"),
    "no UTF-8": Hurt(lambda p: paths(path=bad_text(b"\xff", b"b")), ("UTF-8",), "path"),
    "null": Hurt(lambda p: paths(path=["a", None]), ("missing", "fillna"), "path", (1,)),
    "with a hole": Hurt(lambda p: paths(path=["a >  > b", "b"]), ("empty channel",), "path", (0,)),
    "empty": Hurt(
        lambda p: paths(path=["", "b"], nulls=[0, 9]),
        answer={"b": (1.0, 10.0), "(unattributed)": (3.0, 60.0)},
    ),
    "categories": Hurt(
        lambda p: paths(path=pd.Categorical(["a > b", "b"])), answer={"a": (1.5, 30.0), "b": (2.5, 40.0)}
    ),
    "beside a column of anything": Hurt(
        lambda p: (
            at.read_paths(
                pd.DataFrame({"path": ["a"], "conversions": [1], "note": objects([b"x"])})
            ).n_conversions
        ),
        answer=1.0,
    ),
    "a letter of the private area": Hurt(lambda p: set(paths(path=["\ue000", "b"])), answer={"\ue000", "b"}),
    "separators in names": Hurt(there_and_back, answer=["a>b", "a > b", r"a\>b", "\\", ">"]),
    "a separator that is none": Hurt(
        lambda p: at.read_paths({"path": ["a"], "conversions": [1]}, separator=5),
        ("more than blanks",),
        "separator",
    ),
    "no rows": Hurt(lambda p: paths(path=[], conversions=[], value=[], nulls=[]), answer={}),
}

CHANNELS = {
    "no rule": Hurt(lambda p: grouped([]), ("empty", "default grouping"), "rules"),
    "a rule of nothing": Hurt(lambda p: grouped([("a", None)]), ("no pattern", "unmatched="), "channel"),
    "no regular expression": Hurt(
        lambda p: grouped([("a", "re:(")]), ("no regular expression", "glob:"), "rules"
    ),
    "an endless regular expression": Hurt(
        lambda p: grouped([("a", "re:" + "(" * 5000)]), ("no regular expression",), "rules"
    ),
    "a column that is not there": Hurt(
        lambda p: grouped([{"channel": "a", "source": "b"}]), ("rule 1", "source="), "source"
    ),
    "a reserved name": Hurt(
        lambda p: grouped([("(unattributed)", "email")]), ("kept for", "another name"), "channel"
    ),
    "a reserved raw name": Hurt(
        lambda p: grouped(
            [{"channel": "a", "source": "s"}],
            unmatched="keep",
            table=touches(channel=["(unattributed)", "b", "c"], source=list("xyz")),
        ),
        ("kept for", "rename"),
        "channel",
        (0,),
    ),
    "nothing matches": Hurt(lambda p: grouped([("a", "nothing")]), answer={"(other)": 2.0}),
    "nothing matches, kept": Hurt(
        lambda p: grouped([("a", "email")], unmatched="keep"), answer={"a": 1.5, "search": 0.5}
    ),
}

QUESTIONS = {
    "lookback of an audit": Hurt(
        lambda p: log().audit(lookback="x"), ("not a duration", '"30D"'), "lookback"
    ),
    "present of an audit": Hurt(lambda p: log().audit(now=pd.NaT), ("no time", "2026"), "now"),
    "audit of dirt": Hurt(
        lambda p: {
            check.name
            for check in at.read_log(
                touches(
                    user_id=[None, 1, 1], time=["x", "0001-01-01", "2026-03-01"], channel=["<b>", "=1", ""]
                ),
                orders(value=[-1.0, None]),
            )
            .audit(now=dt.datetime.max.replace(tzinfo=dt.UTC))
            .failed
        },
        answer={
            "null_keys",
            "times_out_of_range",
            "blank_channels",
            "values_missing",
            "values_negative",
            "unreadable_entries",
            "log_stops",  # it is shorter than its lookback window
        }
        - {"unreadable_entries"},
    ),
    "threshold of an audit": Hurt(
        lambda p: log().audit(outlier_deviations=0), ("above zero", "outlier"), "outlier_deviations"
    ),
    "report of a log": Hurt(lambda p: at.report(log()), ("type EventLog", "at.attribute"), "credit"),
    "report with a table for journeys": Hurt(
        lambda p: at.report(credit(), journeys=5), ("type int", "build_journeys"), "journeys"
    ),
    "selection of nothing known": Hurt(
        lambda p: credit().select(models="x"), ("no model 'x'", "'linear'"), "models"
    ),
    "measure of nothing known": Hurt(
        lambda p: credit().plot("conversion"), ("did you mean 'conversions'?",), "measure"
    ),
    "measure without spend": Hurt(lambda p: credit().plot("roas"), ("needs spend", "with_spend"), "measure"),
    "paths of no number": Hurt(
        lambda p: at.build_journeys(log()).path_counts(0), ("at least 1", "top="), "top"
    ),
}

TABLES = {
    "journeys": JOURNEYS,
    "models": MODELS,
    "spend": SPEND,
    "paths": PATHS,
    "channels": CHANNELS,
    "questions": QUESTIONS,
}


@pytest.mark.parametrize("case", each(TABLES))
def test_a_bad_request_gives_a_lesson_or_the_right_answer(case, tmp_path):
    check(case, tmp_path)
