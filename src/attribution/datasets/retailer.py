"""The retailer that `simulate` plays: its channels, campaigns, calendar and every constant of the process.

docs/simulation.md states the equations these numbers go into. Change a number here and `PROCESS`
with it: the committed sample is reproduced value for value by a test.
"""

from __future__ import annotations

from dataclasses import dataclass

PROCESS = 1
"""Version of the generative process; written into every dataset's settings."""

SEGMENTS = ("new", "returning")
REGIONS = (
    ("north", 0.28),
    ("south", 0.22),
    ("east", 0.18),
    ("west", 0.17),
    ("coast", 0.10),
    ("islands", 0.05),
)
DEVICES = ("mobile", "desktop", "tablet", "offline")
TABLET = DEVICES.index("tablet")
DEVICE_OWNED = (1.0, 0.65, 0.25)  # share of users who own one
DEVICE_USED = (0.55, 0.35, 0.10)  # share of online touches; a device not owned falls to mobile
DEVICE_LOGIN = ((0.35, 0.85), (0.30, 0.80), (0.20, 0.60))  # by device: ever logged in, (new, returning)
SHARED_TABLETS = 0.10  # of the users with a tablet, those who use the one of the next user
NO_CAMPAIGN = "(none)"

RETURNING = 0.40  # share of users who bought before the log starts
MISSIONS = (0.55, 1.00)  # shopping missions of one's own a year, (new, returning)
BASE_HAZARD = (0.018, 0.042)  # purchase hazard of a mission with intent 1 and no touch, (new, returning)
USER_SPREAD = 0.5  # sd of log propensity between users
MISSION_SPREAD = 0.8  # sd of log intent between the missions of one user
MEDIA_SPREAD = 0.6  # sd of log media consumption between users
SPARKED_INTENT = 0.8  # intent of a mission that an advertisement started, relative to one of one's own
SATURATION = 0.5  # each further touch of a channel adds this fraction of what the one before added
LEAD_EASE = 4.0  # a lead needs a quarter of the hazard that a purchase needs
OPPORTUNITY_EASE = 2.0
MISSION_LONGEST = 28 * 86_400  # seconds from the start of a mission to its decision
MISSION_SHORTEST = 900
MISSION_SHAPE = 2.2  # duration = shortest + (longest - shortest) * U ** shape
ORDER_VALUE = (62.0, 74.0)  # median order, (new, returning)
ORDER_SPREAD = 0.75  # sd of log order value
PAST_ORDERS = 1.6  # mean orders of a returning customer in the year before the log
MOST_TOUCHES = 9  # of one stream in one mission
HIGHEST_MEAN = 5.0

CLOCK = (4, 2, 1, 1, 1, 2, 5, 10, 14, 17, 19, 20, 21, 20, 18, 18, 19, 21, 24, 28, 30, 27, 18, 9)  # by hour
WEEK = (1.00, 0.97, 0.96, 0.98, 1.00, 1.05, 1.04)  # Monday first
MONTH = (0.86, 0.82, 0.92, 0.97, 1.00, 0.95, 0.86, 0.82, 0.97, 1.02, 1.32, 1.50)
BLACK_FRIDAY = 1.8  # on the four days from the Friday after the fourth Thursday of November
HOLIDAY = ((11, 18), (12, 24))  # first and last day of the seasonal campaigns
HOLIDAY_SHARE = 0.6  # of a channel's touches in that season


@dataclass(frozen=True, slots=True)
class Channel:
    """What touches of a channel do.

    Attributes
    ----------
    name
        The label in the log.
    effect
        Purchase hazard that the first touch in a mission adds, (new, returning) users.
    reach
        Share of users whom the channel can touch at all, (new, returning).
    media
        Whether touches scale with a user's media consumption.
    sent
        Whether the retailer decides who gets it, so that a holdout can withhold it.
    offline
        Whether touches come without a device.
    """

    name: str
    effect: tuple[float, float]
    reach: tuple[float, float] = (1.0, 1.0)
    media: bool = False
    sent: bool = True
    offline: bool = False


@dataclass(frozen=True, slots=True)
class Stream:
    """How touches of one kind within a channel arise, what they cost, and what replaces them.

    Attributes
    ----------
    channel
        The channel's name.
    rate
        Mean touches in a mission of intent 1.
    chase
        Exponent of intent: 0 ignores who is about to buy, above 1 chases them.
    lateness
        Position in the mission is `U ** (1 / lateness)`: below 1 early, above 1 late.
    ambient
        Mean touches a year outside missions.
    sparks
        Mean missions a year that such touches start.
    cost
        Euros a touch.
    delay
        Days until the row reaches the warehouse: least, most.
    campaigns
        Always-on campaigns and their shares, empty for none.
    seasonal
        Name of the seasonal campaign, empty for none.
    places
        Source, medium and share.
    fallback
        The channel that these touches would come through if theirs were off; empty if they would not come.
    """

    channel: str
    rate: float
    chase: float
    lateness: float
    places: tuple[tuple[str, str, float], ...]
    ambient: float = 0.0
    sparks: float = 0.0
    cost: float = 0.0
    delay: tuple[int, int] = (0, 1)
    campaigns: tuple[tuple[str, float], ...] = ()
    seasonal: str = ""
    fallback: str = ""


CHANNELS = (
    Channel("affiliate", (0.010, 0.010)),
    Channel("call_centre", (0.100, 0.080), sent=False, offline=True),
    Channel("direct", (0.006, 0.006), sent=False),
    Channel("direct_mail", (0.030, 0.040), reach=(0.05, 0.55), offline=True),
    Channel("display", (0.010, 0.008), reach=(0.75, 0.75), media=True),
    Channel("email", (0.030, 0.050), reach=(0.25, 0.80)),
    Channel("organic_search", (0.022, 0.022), sent=False),
    Channel("paid_search", (0.022, 0.022)),
    Channel("retargeting", (0.0005, 0.0005), reach=(0.85, 0.85), media=True),
    Channel("sms", (0.030, 0.040), reach=(0.04, 0.25)),
    Channel("social", (0.014, 0.010), reach=(0.65, 0.55), media=True),
    Channel("store_visit", (0.050, 0.050), sent=False, offline=True),
    Channel("video", (0.030, 0.020), reach=(0.60, 0.55), media=True),
)

# fmt: off
STREAMS = (
    Stream(
        "affiliate", 0.05, 0.9, 4.0, (("couponhub", "affiliate", 0.7), ("dealwatch", "affiliate", 0.3)),
        cost=1.10, delay=(0, 2), campaigns=(("coupons", 1.0),), fallback="direct",
    ),
    Stream(
        "affiliate", 0.04, 0.3, 1.5, (("reviewlab", "affiliate", 1.0),),
        cost=0.80, delay=(0, 2), campaigns=(("content", 1.0),),
    ),
    Stream("call_centre", 0.03, 0.6, 3.0, (("phone", "call", 1.0),), delay=(1, 3)),
    Stream("direct", 0.40, 0.6, 2.0, (("(direct)", "(none)", 1.0),)),
    Stream(
        "direct_mail", 0.12, 0.0, 0.8, (("catalogue", "print", 1.0),), ambient=0.50, sparks=0.030,
        cost=0.62, delay=(2, 6), campaigns=(("home_catalogue", 0.5), ("garden_catalogue", 0.5)),
        seasonal="gift_catalogue",
    ),
    Stream(
        "display", 0.22, 0.0, 0.9, (("adnet", "display", 0.6), ("newsportal", "display", 0.4)),
        ambient=0.55, sparks=0.012, cost=0.09,
        campaigns=(("prospecting", 0.7), ("brand_awareness", 0.3)), seasonal="holiday_display",
    ),
    Stream(
        "email", 0.50, 0.2, 1.2, (("newsletter", "email", 0.8), ("crm", "email", 0.2)),
        ambient=0.60, sparks=0.050, cost=0.05,
        campaigns=(("newsletter", 0.75), ("basket_reminder", 0.25)), seasonal="holiday_mailing",
    ),
    Stream(
        "organic_search", 0.50, 0.5, 1.3,
        (("google", "organic", 0.86), ("bing", "organic", 0.09), ("duckduckgo", "organic", 0.05)),
    ),
    Stream(
        "paid_search", 0.22, 0.7, 2.5, (("google", "cpc", 0.85), ("bing", "cpc", 0.15)),
        cost=0.28, campaigns=(("brand", 1.0),), fallback="organic_search",
    ),
    Stream(
        "paid_search", 0.24, 0.4, 1.0, (("google", "cpc", 0.85), ("bing", "cpc", 0.15)),
        cost=0.62, campaigns=(("generic", 0.6), ("product_range", 0.4)), seasonal="holiday_search",
    ),
    Stream(
        "retargeting", 0.42, 1.3, 7.0, (("retargeter", "retargeting", 1.0),),
        cost=0.34, campaigns=(("viewed_products", 0.7), ("left_basket", 0.3)),
    ),
    Stream(
        "sms", 0.18, 0.2, 1.6, (("crm", "sms", 1.0),), ambient=0.35, sparks=0.030, cost=0.09,
        campaigns=(("flash_sale", 1.0),), seasonal="holiday_sms",
    ),
    Stream(
        "social", 0.20, 0.1, 0.8,
        (("facebook", "paid_social", 0.4), ("instagram", "paid_social", 0.4), ("tiktok", "paid_social", 0.2)),
        ambient=0.45, sparks=0.030, cost=0.20,
        campaigns=(("lookalike", 0.6), ("catalogue_ads", 0.4)), seasonal="holiday_social",
    ),
    Stream("store_visit", 0.10, 0.6, 2.5, (("store", "offline", 1.0),), delay=(1, 3)),
    Stream(
        "video", 0.08, 0.0, 0.4, (("youtube", "video", 0.7), ("streaming_tv", "video", 0.3)),
        ambient=0.25, sparks=0.085, cost=0.55,
        campaigns=(("brand_film", 0.6), ("product_film", 0.4)), seasonal="holiday_film",
    ),
)
# fmt: on

CHANNEL_NAMES = tuple(channel.name for channel in CHANNELS)
CHANNEL_CODE = {name: code for code, name in enumerate(CHANNEL_NAMES)}
STREAM_CHANNEL = tuple(CHANNEL_CODE[stream.channel] for stream in STREAMS)


def main_stream(channel: str) -> int:
    """Return the position in `STREAMS` of the first stream of `channel`."""
    return STREAM_CHANNEL.index(CHANNEL_CODE[channel])
