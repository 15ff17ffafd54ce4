"""Names that columns are known by in exports and warehouses: what a hint may suggest, and nothing else."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence

# By part, the surest first. A name that merely looks like one of these is never suggested: "insert_id" is
# five letters from "user_id", and is another id for every row.
KNOWN_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "user": (
        *("user_id", "user", "customer_id", "visitor_id", "client_id", "uid", "anonymous_id", "person_id"),
        *(
            "user_pseudo_id",
            "distinct_id",
            "amplitude_id",
            "domain_userid",
            "network_userid",
            "full_visitor_id",
        ),
        *("contact_id", "member_id", "shopper_id", "account_id", "cookie_id", "device_id", "customer"),
    ),
    "time": (
        *("time", "timestamp", "ts", "datetime", "derived_tstamp", "event_time", "event_timestamp"),
        *(
            "occurred_at",
            "started_at",
            "converted_at",
            "touched_at",
            "event_at",
            "created_at",
            "server_timestamp",
        ),
        *("original_timestamp", "collector_tstamp", "date"),
    ),
    "channel": (
        *("channel", "channels", "channel_name", "marketing_channel", "channel_group", "channel_grouping"),
        *("default_channel_group", "chanel", "source", "utm_source", "traffic_source", "medium", "media"),
    ),
    "source": (
        *("source", "utm_source", "traffic_source", "traffic_source_source", "session_source", "mkt_source"),
        *("session_manual_source", "trafficsource_source"),
    ),
    "medium": (
        *("medium", "utm_medium", "traffic_medium", "traffic_source_medium", "session_medium", "mkt_medium"),
        *("session_manual_medium", "trafficsource_medium"),
    ),
    "campaign": (
        *(
            "campaign",
            "utm_campaign",
            "campaign_name",
            "traffic_campaign",
            "session_campaign",
            "mkt_campaign",
        ),
        *("session_campaign_name", "session_manual_campaign_name", "trafficsource_campaign"),
    ),
    "conversion": ("conversion", "converted", "is_conversion", "conversion_flag", "has_converted"),
    "cost": (
        *("cost", "spend", "total_spent", "amount_spent", "costs", "ad_spend", "media_cost", "media_spend"),
        *(
            "total_cost",
            "total_spend",
            "spent",
            "amount",
            "budget_spent",
            "kosten",
            "ausgaben",
            "coût",
            "dépenses",
        ),
        *(
            "montant_dépensé",
            "coste",
            "gasto",
            "importe_gastado",
            "ausgegebener_betrag",
            "costo",
            "importo_speso",
        ),
        *("custo", "valor_usado", "kosten_eur", "uitgegeven_bedrag"),
    ),
    "currency": (
        *("currency", "currency_code", "account_currency", "iso_currency", "value_currency", "devise"),
        *("code de la devise", "währung", "währungscode", "moneda", "código de moneda", "valuta", "moeda"),
    ),
    "arm": ("arm", "group", "variant", "treatment_group", "test_group", "bucket", "cell", "assignment"),
    "outcome": ("outcome", "converted", "conversion", "conversions", "revenue", "value", "sales"),
    "geo": ("geo", "region", "dma", "market", "city", "state", "geo_id", "area", "zip", "postcode"),
    "date": ("date", "day", "week", "time"),
    "sales": ("sales", "revenue", "orders", "conversions", "value", "outcome"),
}


def plain(name: str) -> str:
    """Return `name` without what people vary by accident: case, space, hyphens and the like.

    Examples
    --------
    >>> plain("E-Mail "), plain("C++")
    ('email', 'c++')
    """
    text = unicodedata.normalize("NFKC", name).casefold()
    return re.sub(r"[\s_./\-]+", "", text) or text


def known_columns(part: str, columns: Iterable[str]) -> Sequence[str]:
    """Return those of `columns` that are known to play a part, the surest first.

    Parameters
    ----------
    part
        A key of `KNOWN_COLUMNS`; any other is looked for by its own name.
    columns
        Names as the table has them; case, spaces and punctuation make no difference.

    Examples
    --------
    >>> known_columns("user", ["insert_id", "Distinct ID", "br_version"])
    ['Distinct ID']
    """
    by_plain: dict[str, str] = {}
    for column in columns:
        by_plain.setdefault(plain(str(column)), str(column))
    names = (plain(name) for name in KNOWN_COLUMNS.get(part, (part,)))
    return list(dict.fromkeys(by_plain[name] for name in names if name in by_plain))


def known_column(part: str, columns: Iterable[str]) -> str | None:
    """Return the surest of `known_columns`, or None.

    Examples
    --------
    >>> known_column("time", ["ti_name", "derived_tstamp"]), known_column("user", ["insert_id"])
    ('derived_tstamp', None)
    """
    return next(iter(known_columns(part, columns)), None)
