"""Channels by host: every host of the lists, look-alikes that are none, and what is no touch."""

from __future__ import annotations

import csv
import os
from collections import Counter
from pathlib import Path

import pandas as pd
import pytest

import attribution as at
from attribution.eventlog.hosts import HOSTS, kind_of

PUBLISHED = Path(
    os.environ.get("ATTRIBUTION_REFERENCE", "reference"), "channel_grouping", "ga4_source_categories.csv"
)
CHANNELS = {
    "search": "organic_search",
    "webmail": "email",
    "social": "organic_social",
    "video": "video",
    "shopping": "organic_shopping",
    "assistant": "ai_assistant",
}
LISTED = [(entry.lstrip("="), kind) for kind, entries in HOSTS.items() for entry in entries if "." in entry]
LOOK_ALIKES = """
notgoogle.com google.example.com com.google.android.gm google.com.evil.example mygoogle.de
docs.google.com drive.google.com support.google.com classroom.google.com meet.google.com
ads.google.com googleusercontent.com finance.yahoo.com sports.yahoo.com yahoo.example.org
notyahoo.com bing.example.com webing.com bing.com.example.net disk.yandex.ru music.yandex.ru
yandex.example.com duckduckgo.example.com myduckduckgo.com facebook.example.com notfacebook.com
facebook.com.example.org instagram.example.com linkedin.example.com netflix.example.com
twitter.example.com reddit.example.com xx.com box.com netflix-x.com mytube.com youtube.example.com
notyoutube.com vimeo.example.com amazon.example.com notamazon.com aws.amazon.com ebay.example.com
shop.example.com chatgpt.example.com claude.example.com notopenai.com paypal.example.com
notpaypal.com stripe.example.com mail.example.com outlook.example.com login.example.com example.com
"""
NONE = LOOK_ALIKES.split()


def grouped(source: str, medium: str = "referral", **options):
    touches = pd.DataFrame(
        {
            "user_id": ["a", "a"],
            "time": ["2026-03-01", "2026-03-02"],
            "channel": ["newsletter / email", f"{source} / {medium}"],
        }
    )
    orders = pd.DataFrame({"user_id": ["a"], "time": ["2026-03-03"], "value": [100.0]})
    return at.read_log(touches, orders).group_channels(**options)


@pytest.mark.parametrize(("host", "kind"), LISTED)
def test_every_host_of_the_lists(host, kind):
    assert kind_of(host) == kind_of(host.upper()) == kind_of(f"https://{host}/path?query") == kind
    for other, entries in HOSTS.items():
        assert other == kind or host not in entries, "a host of two lists"


def test_no_name_is_of_two_lists():
    assert max(Counter(entry for entries in HOSTS.values() for entry in entries).values()) == 1


@pytest.mark.parametrize("host", NONE)
def test_look_alikes_are_none(host):
    assert len(NONE) >= 50
    assert kind_of(host) is None
    assert set(grouped(host).load().channels) == {"email", "referral"}


@pytest.mark.parametrize("kind", CHANNELS)
def test_a_listed_host_is_of_its_channel(kind):
    host = next(host for host, known in LISTED if known == kind)
    assert set(grouped(host).load().channels) == {"email", CHANNELS[kind]}


@pytest.mark.parametrize("engine", ["memory", "stream"])
@pytest.mark.parametrize(
    ("source", "options"),
    [
        ("accounts.google.com", {}),
        ("checkout.stripe.com", {}),
        ("www.paypal.com", {}),
        ("tagassistant.google.com", {}),
        ("shop.example", {"own_domains": "shop.example"}),
        ("pay.shop.example", {"own_domains": ["https://www.shop.example/"]}),
    ],
)
def test_what_is_no_touch_takes_no_credit_and_is_told(engine, source, options):
    log = grouped(source, **options)
    credit = at.attribute(log, ["last_touch", "last_non_direct"], engine=engine).to_frame()
    assert credit.set_index(["model", "channel"])["conversions"].to_dict() == {
        ("last_touch", "email"): 1.0,
        ("last_non_direct", "email"): 1.0,
    }
    assert dict(log.load().dropped) == {"touches.no_touch": 1}
    told = log.audit(now="2026-04-01")["no_touch"]
    assert told.count == 1
    assert told.rows[0]["row"] == 1
    assert "no credit" in told.text


@pytest.mark.parametrize(("medium", "channel"), [("affiliate", "affiliate"), ("cpc", "paid_other")])
def test_a_campaign_of_a_payment_service_is_a_touch(medium, channel):
    assert set(grouped("paypal.com", medium).load().channels) == {"email", channel}


@pytest.mark.skipif(not PUBLISHED.exists(), reason="the published list is not here")
def test_agreement_with_the_published_list_is_what_the_page_says():
    with PUBLISHED.open(encoding="utf-8", newline="") as file:
        rows = [
            (row["source"], row["source_category"].rpartition("_")[2].lower()) for row in csv.DictReader(file)
        ]
    agreed = Counter(kind for source, kind in rows if kind_of(source) == kind)
    assert len(rows) == 819
    page = (Path(__file__).parents[2] / "docs" / "channels.md").read_text(encoding="utf-8")
    assert f"we call {sum(agreed.values())} the same: {agreed['search']} of" in page.replace("\n", " ")


def net(frame: pd.DataFrame) -> tuple[int, float]:
    return len(frame), float(frame["value"].sum())


@pytest.mark.parametrize(
    ("orders", "values", "right", "words"),
    [
        (["o", "o"], [10.0, 10.0], (1, 10.0), "too many"),
        (["o", "o", "o"], [10.0, 25.0, 3.0], (1, 38.0), "lines"),
        (["o", "o"], [100.0, -100.0], (1, 0.0), "refund"),
        (["o", "o"], [100.0, -20.0], (1, 80.0), "refund"),
        (["o", "o", "o"], [100.0, 100.0, -100.0], (1, 0.0), "refund"),
        (["o", "o", "o"], [10.0, 10.0, 25.0], (1, 45.0), "lines, or one sent twice"),
        (["o", "o", "p", "p", None, None], [10.0, 10.0, 5.0, 6.0, 1.0, 1.0], (4, 23.0), "too many"),
        (["o", "o", "(not set)", None, None], [10.0, 10.0, 3.0, 1.0, 1.0], (4, 15.0), "too many"),
    ],
)
def test_repeated_order_ids_get_the_fix_of_their_kind(orders, values, right, words):
    days = [f"2026-03-{day:02}" for day in range(1, len(orders) + 1)]
    conversions = pd.DataFrame({"user_id": "a", "time": days, "order_id": orders, "value": values})
    touches = pd.DataFrame({"user_id": ["a"], "time": ["2026-03-01"], "channel": ["x"]})
    told = at.read_log(touches, conversions).audit(now="2026-04-01")["duplicate_orders"]
    assert words in told.text
    names = {"conversions": conversions}
    exec(told.fix, names)
    assert net(names["conversions"]) == right


def test_a_log_no_longer_than_its_lookback_is_not_told_to_drop_what_is_censored():
    touches = pd.DataFrame(
        {
            "user_id": ["a", "b", "c"],  # the last failed long before the end
            "time": ["2026-03-01", "2026-03-09", "2026-03-02"],
            "channel": ["x", "y", "x"],
        }
    )
    orders = pd.DataFrame({"user_id": ["a"], "time": ["2026-03-10"]})
    log = at.read_log(touches, orders)
    told = log.audit(now="2026-04-01")["log_stops"]
    assert told.passed is False
    assert "9.0 days long and its lookback 30D" in told.text
    assert "drop_censored" not in told.fix
    assert "drop_censored=True" in log.audit(now="2026-04-01", lookback="5D")["log_stops"].fix
