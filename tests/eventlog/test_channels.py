"""Channel grouping: rules, the default grouping, and what matched nothing."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attribution.errors import LogError
from attribution.eventlog.channels import ChannelRule
from attribution.eventlog.default_rules import DEFAULT_RULES
from attribution.eventlog.read import read_log
from attribution.tables.labels import Coded, combine, encode
from tests.eventlog.tables import conversion_table, times, touch_table


def log_of(raw=None, **columns):
    n = len(raw if raw is not None else next(iter(columns.values())))
    names = {name: pa.array(values, pa.string()) for name, values in columns.items()}
    channel = {} if raw is None else {"channel": pa.array(raw, pa.string())}
    table = pa.table({"user_id": np.arange(n), "time": times(n), **channel, **names})
    schema = None if raw is not None or "channel" in columns else {"channel": "source"}
    return read_log(table, pa.table({"user_id": [1], "time": times(1)}), schema)


def channels_of(log) -> list[str]:
    loaded = log.load()
    return [loaded.channels[code] for code in loaded.touches.channel]


@pytest.mark.parametrize(
    ("pattern", "text", "fits"),
    [
        ("newsletter", "Newsletter ", True),
        ("newsletter", "newsletters", False),
        ("glob:news*", "NEWS of today", True),
        ("glob:n?ws", "news", True),
        ("glob:[a-c]x", "bx", True),
        ("glob:news*", "old news", False),
        ("re:news", "old News", True),
        ("re:^news$", "old news", False),
        ("re:^(CPC|ppc)$", "cpc", True),
        ("a*b", "a*b", True),
        ("a*b", "aXb", False),
        ("", "", True),
        ("", "x", False),
        ("STRASSE", "straße", True),
    ],
)
def test_patterns(pattern, text, fits):
    assert ChannelRule("x", raw=pattern).fits({"raw": text}) is fits


def test_the_first_rule_that_fits_decides():
    log = log_of(["a1", "a2", "b", "a1"])
    grouped = log.group_channels(
        [("one", "a1"), ChannelRule("all a", raw="glob:a*"), {"channel": "bee", "raw": "B"}]
    )
    assert channels_of(grouped) == ["one", "all a", "bee", "one"]
    assert grouped.load().channels == ("all a", "bee", "one")
    assert grouped.grouping.unmatched == ()
    assert channels_of(log) == ["a1", "a2", "b", "a1"]


def test_all_patterns_of_a_rule_must_fit():
    log = log_of(
        ["x"] * 4,
        source=["google", "google", "bing", None],
        medium=["cpc", "organic", "cpc", None],
        campaign=["a", "b", None, "c"],
    )
    rules = [
        ChannelRule("brand", source="google", medium="cpc", campaign="a"),
        ChannelRule("paid", medium="cpc"),
        ChannelRule("nothing known", source="", medium=""),
    ]
    assert channels_of(log.group_channels(rules)) == ["brand", "(other)", "paid", "nothing known"]


def test_what_matched_nothing_is_told():
    log = log_of(["email", "odd", "odder", "odd"], medium=["m"] * 4)
    grouped = log.group_channels([("mail", "email")], unmatched="rest")
    assert channels_of(grouped) == ["mail", "rest", "rest", "rest"]
    assert grouped.grouping.unmatched == ("odd", "odder")
    frame = grouped.grouping.to_frame()
    assert frame["channel"].tolist() == ["mail", "rest", "rest"]
    assert frame["rule"].isna().tolist() == [False, True, True]
    check = grouped.audit(now="2027-01-01")["channels_unmatched"]
    assert check.count == 3
    assert check.rows[0] == {"label": "odd", "touches": 2}
    kept = log.group_channels([("mail", "email")], unmatched="keep")
    assert channels_of(kept) == ["mail", "odd", "odder", "odd"]
    both = log.group_channels([ChannelRule("x", raw="nix", medium="nix")])
    both.load()
    assert both.grouping.unmatched[0] == "raw: email, medium: m"


def test_columns_by_name_and_by_usual_name():
    log = log_of(["x", "x"], utm_source=["a", "b"], via=["c", "d"])
    by_usual = log.group_channels([ChannelRule("A", source="a")])
    assert channels_of(by_usual) == ["A", "(other)"]
    by_name = log.group_channels([ChannelRule("D", medium="d")], medium="via")
    assert channels_of(by_name) == ["(other)", "D"]


def test_a_null_channel_is_fine_where_other_columns_decide():
    log = log_of([None, "x"], source=["a", None])
    assert channels_of(log.group_channels([ChannelRule("A", source="a")], unmatched="keep")) == ["A", "x"]
    with pytest.raises(LogError, match="channels are null"):
        log.group_channels([("X", "x")]).load()


def test_labels_may_hold_any_character():
    log = log_of(["a\x1fb", "c"], source=["\x1f", "d"])
    assert channels_of(log.group_channels([ChannelRule("D", source="d")], unmatched="keep")) == ["a b", "D"]


DEFAULTS = [
    ("google", "cpc", None, "paid_search"),
    ("bing", "ppc", None, "paid_search"),
    ("Google", "Paid Search", None, "paid_search"),
    ("google", "organic", None, "organic_search"),
    ("www.google.co.uk", "referral", None, "organic_search"),
    ("ecosia.org", "organic", None, "organic_search"),
    ("facebook", "cpc", None, "paid_social"),
    ("l.facebook.com", "referral", None, "organic_social"),
    ("instagram", "paid_social", None, "paid_social"),
    ("linkedin.com", "social", None, "organic_social"),
    ("youtube", "cpv", None, "video"),
    ("youtube.com", "referral", None, "video"),
    ("adnet", "display", None, "display"),
    ("adnet", "cpm", None, "display"),
    ("criteo", "retargeting", None, "retargeting"),
    ("awin", "affiliate", None, "affiliate"),
    ("crm", "e-mail", None, "email"),
    ("newsletter", "email", None, "email"),
    ("crm", "SMS", None, "sms"),
    ("firebase", None, None, "push"),
    ("app", "web push", None, "push"),
    ("google", "cpc", "summer shopping", "paid_shopping"),
    ("amazon.de", "cpc", None, "paid_shopping"),
    ("idealo.de", "referral", None, "organic_shopping"),
    ("google", "cpc", "x cross-network y", "cross_network"),
    ("someblog.example", "referral", None, "referral"),
    ("someblog.example", "cpc", None, "paid_other"),
    ("chatgpt.com", "referral", None, "ai_assistant"),
    ("spotify", "audio", None, "audio"),
    ("phone", "call", None, "call_centre"),
    ("store", "offline", None, "store_visit"),
    ("catalogue", "print", None, "direct_mail"),
    ("(direct)", "(none)", None, "direct"),
    (None, None, None, "direct"),
    ("mystery", "mystery", None, "(other)"),
]


def test_the_default_grouping():
    sources, mediums, campaigns, _ = zip(*DEFAULTS, strict=True)
    log = log_of(source=sources, medium=mediums, campaign=campaigns).group_channels()
    got = channels_of(log)
    assert [(row[:3], channel) for row, channel in zip(DEFAULTS, got, strict=True)] == [
        (row[:3], row[3]) for row in DEFAULTS
    ]
    assert log.grouping.unmatched == ("raw: mystery, source: mystery, medium: mystery, campaign: (empty)",)


RAW_DEFAULTS = {
    "google / cpc": "paid_search",
    "newsletter / email": "email",
    "(direct) / (none)": "direct",
    "Paid Search": "paid_search",
    "PPC": "paid_search",
    "organic": "organic_search",
    "seo": "organic_search",
    "Paid-Social": "paid_social",
    "social": "organic_social",
    "facebook ads": "paid_social",
    "Display": "display",
    "video": "video",
    "TV": "video",
    "affiliates": "affiliate",
    "E-Mail": "email",
    "sms": "sms",
    "push notification": "push",
    "Direct": "direct",
    "direct traffic": "direct",
    "direct mail": "direct_mail",
    "store_visit": "store_visit",
    "call center": "call_centre",
    "Referral": "referral",
    "skywriting": "(other)",
}


def test_the_default_grouping_of_channel_names_alone():
    log = log_of(list(RAW_DEFAULTS)).group_channels()
    assert dict(zip(RAW_DEFAULTS, channels_of(log), strict=True)) == RAW_DEFAULTS


def test_the_default_grouping_covers_what_it_promises():
    promised = (
        "paid_search organic_search paid_social organic_social display video affiliate referral email sms "
        "push direct store_visit call_centre direct_mail"
    )
    assert set(promised.split()) <= {rule.channel for rule in DEFAULT_RULES}


def test_default_channels_fit_the_default_rules_again():
    # Grouping what is grouped already changes nothing, except for names that only a source can tell.
    names = sorted(
        {rule.channel for rule in DEFAULT_RULES}
        - {"(no touch)", "ai_assistant", "cross_network", "paid_other", "organic_shopping"}
    )
    log = log_of(names).group_channels()
    assert channels_of(log) == names


BAD_RULES = {
    "no list": (lambda log: log.group_channels("email"), "must be a list of rules"),
    "empty": (lambda log: log.group_channels([]), "is empty"),
    "no rule": (lambda log: log.group_channels([5]), "is no channel rule"),
    "too short": (lambda log: log.group_channels([("email",)]), "is no channel rule"),
    "unknown field": (
        lambda log: log.group_channels([{"channel": "a", "sorce": "b"}]),
        "did you mean 'source'",
    ),
    "no pattern": (lambda log: log.group_channels([{"channel": "a"}]), "no pattern"),
    "no name": (lambda log: log.group_channels([("", "x")]), "must be a name"),
    "reserved name": (lambda log: log.group_channels([("(unattributed)", "x")]), "kept for conversions"),
    "reserved rest": (
        lambda log: log.group_channels([("a", "x")], unmatched="(unattributed)"),
        "kept for conversions",
    ),
    "rest of a wrong type": (
        lambda log: log.group_channels([("a", "x")], unmatched=None),
        "must be a channel name",
    ),
    "broken expression": (lambda log: log.group_channels([("a", "re:(")]), "no regular expression"),
    "pattern of a wrong type": (lambda log: log.group_channels([("a", 5)]), "must be a text"),
    "no such column": (
        lambda log: log.group_channels([ChannelRule("a", source="b")]),
        r"rule 1 \('a'\) looks at source",
    ),
    "misspelt column": (
        lambda log: log.group_channels([ChannelRule("a", source="b")], source="campain"),
        "did you mean 'campaign'",
    ),
    "unused column": (lambda log: log.group_channels([("a", "b")], medium="campaign"), "no rule looks at it"),
    "column of a wrong type": (
        lambda log: log.group_channels([ChannelRule("a", source="b")], source="score"),
        "double",
    ),
}


@pytest.mark.parametrize("name", BAD_RULES)
def test_bad_rules(name):
    make, words = BAD_RULES[name]
    log = read_log(touch_table().append_column("score", pa.array([0.5] * 5)), conversion_table())
    with pytest.raises(LogError, match=words):
        make(log)


@given(
    st.lists(
        st.tuples(*[st.none() | st.sampled_from(["a", "b", "", "long label"])] * 3), min_size=1, max_size=40
    ),
    st.booleans(),
)
def test_combined_labels_are_the_tuples(rows, many):
    columns = [encode(pa.array(values, pa.string())) for values in zip(*rows, strict=True)]
    if many:  # so many labels that no table of all combinations is made
        filler = pa.array([f"filler {number}" for number in range(2000)])
        columns = [
            Coded(
                np.where(column.codes == len(column.labels), len(column.labels) + 2000, column.codes),
                pa.concat_arrays([column.labels, filler]),
            )
            for column in columns
        ]
    combined = combine(columns)
    labels = combined.labels.to_pylist()
    assert [tuple(labels[code].split("\x1f")) for code in combined.codes] == [
        tuple(text or "" for text in row) for row in rows
    ]


@pytest.mark.parametrize(
    "names",
    [
        ("source", "medium", "campaign"),
        ("Source", "Medium", "Campaign"),
        ("UTM_SOURCE", "utmMedium", "UTM Campaign"),
        ("Session source", "Session medium", "Session campaign"),
        ("mkt_source", "mkt_medium", "mkt_campaign"),
    ],
)
def test_source_and_medium_are_known_in_any_case_and_it_is_said(names):
    source, medium, campaign = names
    log = log_of(
        **{"channel": ["x", "y"], source: ["google", "mail"], medium: ["cpc", "email"], campaign: ["b", "c"]}
    )
    grouped = log.group_channels()
    assert channels_of(grouped) == ["paid_search", "email"]
    assert grouped.grouping.columns["source"] == source
    told = grouped.audit(now="2026-06-01")["channels_unmatched"].text
    assert f"source in column {source!r}" in told


def test_a_column_with_the_usual_name_comes_before_the_same_in_other_letters():
    log = log_of(channel=["x"], Source=["bing"], utm_source=["mail"], medium=["email"])
    assert log.group_channels().grouping.columns["source"] == "utm_source"
