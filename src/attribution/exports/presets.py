"""The formats that `read_export` knows, one value each; docs/exports.md tells where they are taken from."""

from __future__ import annotations

from collections.abc import Mapping

from attribution.exports.export import Export, ExportConversions, ExportTouches

_GOOGLE, _DISPLAY, _META, _BING = (
    ("google", "cpc"),
    ("google", "display"),
    ("facebook", "paid_social"),
    ("bing", "cpc"),
)
CLICK_IDS: Mapping[str, tuple[str, str]] = {
    "gclid": _GOOGLE,
    "wbraid": _GOOGLE,
    "gbraid": _GOOGLE,
    "dclid": _DISPLAY,
    "msclkid": _BING,
    "fbclid": ("facebook", "social"),
    "ttclid": ("tiktok", "paid_social"),
    "li_fat_id": ("linkedin", "paid_social"),
}
"""What a click id proves. Facebook adds ``fbclid`` to links in unpaid posts too."""


def _clicks(pattern: str, *names: str) -> dict[str, tuple[str, str]]:
    return {pattern.format(name): CLICK_IDS[name] for name in names or CLICK_IDS}


def _utm(pattern: str) -> tuple[str, str, str]:
    return (pattern.format("source"), pattern.format("medium"), pattern.format("campaign"))


_SEGMENT = Export(
    name="segment",
    user=("user_id", "anonymous_id"),
    stitch=True,
    key=("id",),
    touches=(
        ExportTouches(
            time=("timestamp", "original_timestamp"),
            sources=(("context_campaign_source", "context_campaign_medium", "context_campaign_name"),),
            clicks=_clicks("url?{}"),
            referrer=("context_page_referrer", "referrer"),
            sourced_only=True,
        ),
    ),
    conversions=ExportConversions(
        time=("timestamp", "original_timestamp"),
        event=("event",),
        value=("revenue", "total", "value"),
        order=("order_id",),
        currency=("currency",),
        refund=("order_refunded", "total"),
    ),
)

_GA4_SOURCES = (
    (
        "collected_traffic_source.manual_source",
        "collected_traffic_source.manual_medium",
        "collected_traffic_source.manual_campaign_name",
    ),
    ("event_params[source]", "event_params[medium]", "event_params[campaign]"),
)

_PRESETS = (
    Export(
        name="ga4",
        user=("user_pseudo_id",),
        time_unit="us",
        key=("user_pseudo_id", "event_name", "event_timestamp", "ecommerce.transaction_id"),
        sequence=("batch_page_id", "batch_ordering_id", "batch_event_index"),
        touches=(
            ExportTouches(
                time=("event_timestamp",),
                session=("event_params[ga_session_id]",),
                sources=_GA4_SOURCES,
                clicks={
                    **_clicks("collected_traffic_source.{}", "gclid", "dclid"),
                    **_clicks("event_params[{}]", "gclid", "dclid"),
                },
            ),
        ),
        conversions=ExportConversions(
            time=("event_timestamp",),
            event=("event_name",),
            value=("ecommerce.purchase_revenue", "event_params[value]"),
            order=("ecommerce.transaction_id",),
            currency=("event_params[currency]",),
            refund=("refund", "ecommerce.refund_value"),
        ),
    ),
    Export(
        name="ga4_fivetran",
        user=("user_pseudo_id",),
        key=("_fivetran_id",),
        sequence=("batch_event_index",),
        touches=(
            ExportTouches(
                time=("timestamp",),
                session=("param_ga_session_id",),
                sources=(
                    (
                        "collected_traffic_source_manual_source",
                        "collected_traffic_source_manual_medium",
                        "collected_traffic_source_manual_campaign_name",
                    ),
                    _utm("param_{}"),
                ),
                clicks=_clicks("param_{}", "gclid", "dclid"),
            ),
        ),
        conversions=ExportConversions(
            time=("timestamp",),
            event=("name",),
            value=("ecommerce_purchase_revenue_in_usd", "value_in_usd"),
            order=("ecommerce_transaction_id",),
            refund=("refund", "ecommerce_refund_value_in_usd"),
        ),
    ),
    Export(
        name="snowplow",
        user=("user_id", "domain_userid"),
        stitch=True,
        key=("event_id",),
        sequence=("event_index",),
        touches=(
            ExportTouches(
                time=("derived_tstamp",),
                where={"event_name|event": ("page_view", "page_ping", "screen_view")},
                session=("domain_sessionid",),
                sources=(("mkt_source", "mkt_medium", "mkt_campaign"),),
                clicks=_clicks("page_urlquery?{}"),
                referrer=("page_referrer", "refr_urlhost"),
            ),
        ),
        conversions=ExportConversions(
            time=("derived_tstamp",),
            event=("event_name", "event"),
            positive="tr_total",
            value=("tr_total",),
            order=("tr_orderid", "event_id"),
            currency=("tr_currency",),
        ),
    ),
    _SEGMENT,
    _SEGMENT.replace(name="rudderstack"),
    Export(
        name="mixpanel",
        user=("properties.distinct_id", "distinct_id"),
        time_unit="s",
        local=True,
        key=(
            *("event|name", "properties.distinct_id|distinct_id", "properties.time|time"),
            "properties.$insert_id|insert_id",
        ),
        newest="properties.mp_processing_time_ms|mp_processing_time_ms",
        touches=(
            ExportTouches(
                time=("properties.time", "time"),
                sources=(_utm("properties.utm_{}"),),
                clicks=_clicks("properties.{}"),
                referrer=("properties.$referring_domain", "properties.$referrer", "referring_domain"),
                sourced_only=True,
            ),
        ),
        conversions=ExportConversions(
            time=("properties.time", "time"),
            event=("event", "name"),
            value=("properties.revenue", "properties.$revenue", "properties.amount"),
            order=("properties.order_id",),
            currency=("properties.currency",),
        ),
    ),
    Export(
        name="amplitude",
        user=("amplitude_id", "user_id", "device_id"),
        key=("$insert_id|uuid",),
        touches=(
            ExportTouches(
                time=("event_time",),
                session=("session_id",),
                sources=(_utm("user_properties.utm_{}"),),
                clicks=_clicks("user_properties.{}"),
                referrer=("user_properties.referring_domain", "user_properties.referrer"),
            ),
        ),
        conversions=ExportConversions(
            time=("event_time",),
            event=("event_type",),
            value=("event_properties.$revenue", "event_properties.revenue"),
            order=("event_properties.order_id",),
            currency=("event_properties.currency",),
        ),
    ),
    Export(
        name="posthog",
        user=("person_id", "distinct_id"),
        key=("uuid",),
        touches=(
            ExportTouches(
                time=("timestamp",),
                where={"event": ("$pageview", "$screen")},
                session=("$session_id", "properties.$session_id"),
                sources=(_utm("properties.utm_{}"),),
                clicks=_clicks("properties.{}"),
                referrer=("properties.$referring_domain", "properties.$referrer"),
            ),
        ),
        conversions=ExportConversions(
            time=("timestamp",),
            event=("event",),
            value=("properties.revenue", "properties.$revenue"),
            order=("properties.order_id", "properties.$order_id"),
            currency=("properties.$currency", "properties.currency"),
        ),
    ),
    Export(
        name="matomo",
        user=("visitorId",),
        time_unit="s",
        key=("idVisit",),
        unfold="actionDetails",
        touches=(
            ExportTouches(
                time=("firstActionTimestamp", "serverTimestamp"),
                sources=(
                    ("campaignSource", "campaignMedium", "campaignName"),
                    ("referrerName", "referrerType", None),
                ),
                words={
                    "search": (None, "organic"),
                    "website": (None, "referral"),
                    "social": (None, "social"),
                    "direct": ("(direct)", "(none)"),
                    "campaign": (None, "campaign"),
                },
            ),
        ),
        conversions=ExportConversions(
            time=("actionDetails.timestamp",),
            event=("actionDetails.goalName", "actionDetails.type"),
            where={"actionDetails.type": ("ecommerceOrder", "goal")},
            value=("actionDetails.revenue",),
            order=("actionDetails.orderId",),
        ),
    ),
    Export(
        name="hubspot",
        user=("Record ID",),
        local=True,
        key=("Record ID",),
        touches=tuple(
            ExportTouches(
                time=(time,),
                sources=(
                    (f"{which} Source Drill-Down 1", f"{which} Source", f"{which} Source Drill-Down 2"),
                ),
                words={
                    "PAID_SEARCH": (None, "cpc"),
                    "ORGANIC_SEARCH": (None, "organic"),
                    "EMAIL_MARKETING": (None, "email"),
                    "SOCIAL_MEDIA": (None, "social"),
                    "PAID_SOCIAL": (None, "paid_social"),
                    "REFERRALS": (None, "referral"),
                    "DIRECT_TRAFFIC": ("(direct)", "(none)"),
                    "OFFLINE": (None, "offline"),
                    "OTHER_CAMPAIGNS": (None, "campaign"),
                },
                sourced_only=True,
            )
            for which, time in (("Original", "Create Date"), ("Latest", "Latest Source Date"))
        ),
        conversions=ExportConversions(
            time=("Create Date",),
            dates={
                "Became a Lead Date": ("lead", None),
                "Became an Opportunity Date": ("opportunity", None),
                "Became a Customer Date": ("customer", "Total Revenue"),
            },
        ),
    ),
    Export(
        name="salesforce",
        user=("account_id", "AccountId"),
        key=("id", "Id"),
        conversions=ExportConversions(
            time=("close_date", "CloseDate"),
            goal="won",
            where={"is_won|IsWon": ("true",), "is_deleted|IsDeleted": ("false",)},
            value=("amount", "Amount"),
            order=("id", "Id"),
            currency=("currency_iso_code", "CurrencyIsoCode"),
            day_end=True,
        ),
    ),
    Export(
        name="shopify",
        user=("Email", "Customer ID", "Phone"),
        conversions=ExportConversions(
            time=("Paid at", "Created at"),
            goal="purchase",
            where={"Financial Status": ("paid", "partially_refunded", "refunded")},
            value=("Total",),
            order=("Name",),
            currency=("Currency",),
            refunded=("Refunded Amount",),
        ),
    ),
    Export(
        name="stripe",
        user=("Customer ID", "Customer Email"),
        conversions=ExportConversions(
            time=("Created date (UTC)", "Created (UTC)"),
            goal="purchase",
            where={"Status": ("Paid", "Refunded"), "Captured": ("true",)},
            value=("Amount",),
            order=("id",),
            currency=("Currency",),
            refunded=("Amount Refunded",),
        ),
    ),
)

EXPORTS: Mapping[str, Export] = {preset.name: preset for preset in _PRESETS}
"""By name, every format that is known."""
