"""A channel is said to lead only where the set that holds the best has one member, in both languages."""

from __future__ import annotations

import numpy as np
import pytest

import attribution as at
from attribution.language.catalogue import language


def credit_of(shares, users=1_500):
    """Return last touch of single touches, with the spend that gives each channel a ROAS of its share."""
    rng = np.random.default_rng(1)
    channel = rng.choice(list(shares), users, p=list(shares.values()))
    touches = {"user_id": range(users), "time": ["2026-01-01"] * users, "channel": channel.tolist()}
    bought = {"user_id": range(users), "time": ["2026-01-02"] * users, "value": [10.0] * users}
    log = at.read_log(touches, bought)
    return at.attribute(log, "last_touch", bootstrap=200, rng=1).with_spend(dict.fromkeys(shares, 100.0))


CLEAR = {"email": 0.6, "search": 0.3, "video": 0.1}
CLOSE = {"email": 0.45, "search": 0.45, "video": 0.10}


@pytest.mark.parametrize("code", ["en", "fr"])
@pytest.mark.parametrize(("shares", "clear"), [(CLEAR, True), (CLOSE, False)])
def test_only_a_lone_member_of_the_set_leads(code, shares, clear):
    credit, words = credit_of(shares), language(code)
    members = {name: int(credit.could_be_first(name)["could_be_first"].sum()) for name in ("share", "roas")}
    assert (members == {"share": 1, "roas": 1}) is clear
    page = at.report(credit, language=code).to_html()
    leads = {key: words(key, **dict.fromkeys(FIELDS, "\0"), n=2).split("\0") for key in SENTENCES}
    said = {key: all(part.strip() in page for part in parts) for key, parts in leads.items()}
    assert said == {key: which is clear for key, which in SENTENCES.items()}


FIELDS = ("channel", "channels", "models", "extent", "model", "first", "low", "high", "best", "worst")
FIELDS += ("highest", "lowest")
# Which sentences speak of a leader, and which take their place where there is none.
SENTENCES = {
    "findings.leader": True,
    "findings.open": False,
    "findings.lead_sure": True,
    "findings.returns": True,
    "findings.returns_open": False,
}


@pytest.mark.parametrize(("shares", "clear"), [(CLEAR, True), (CLOSE, False)])
def test_the_summary_names_by_the_same_rule(shares, clear):
    credit = credit_of(shares)
    text = credit.summary()
    for name, words in (("roas", "highest ROAS"), ("cpa", "lowest CPA")):
        frame = credit.could_be_first(name)
        members = frame.loc[frame["could_be_first"], "channel"].tolist()
        assert (members == ["email"]) is clear
        found = text.partition(f"{words}: ")[2].partition(" (last_touch)")[0]
        if clear:
            assert found.startswith("email ")
        else:
            assert found == f"one of {len(members)}, and chance hides which"
            assert set(members) == {"email", "search"}


def test_without_resamples_or_rivals_the_estimate_is_named():
    one = credit_of(CLOSE).with_spend({"email": 100.0})
    assert "highest ROAS: email " in one.summary()
    rng = np.random.default_rng(2)
    channel = rng.choice(["email", "search"], 40).tolist()
    touches = {"user_id": range(40), "time": ["2026-01-01"] * 40, "channel": channel}
    bought = {"user_id": range(40), "time": ["2026-01-02"] * 40, "value": [10.0] * 40}
    plain = at.attribute(at.read_log(touches, bought), "last_touch").with_spend({"email": 5.0, "search": 5.0})
    assert "chance hides" not in plain.summary()
