"""The default channel grouping.

The order and the media are those of the widely used default channel group of web analytics (Google Analytics
4 help, "Default channel group"), with channels added that it does not know: store visits, the call centre,
direct mail, retargeting, referrals by assistants.
Departures: a source is known by its host and not by a brand in its name (`hosts`); webmail is email; log-in
and payment hosts are no touch unless a campaign names a medium; paid and organic video are one channel; a
medium that names a channel outright (``paid_social``, ``paid-search``) decides whatever the source is.
"""

from __future__ import annotations

from attribution.eventlog.channels import NO_TOUCH, ChannelRule

_PAID = r"re:cp[acmv]|^ppc$|^paid|^retargeting$|^remarketing$"
_SHOPPING_CAMPAIGN = r"re:(^|[^a-df-z])shop(ping)?([^a-z]|$)"
_NOT_NAMED = r"re:^\W*(not\W?set|none|referral|organic|direct|)\W*$"
_EMAIL = r"re:^e[-_ ]?mail([-_ ].*)?$|^newsletters?$"
_SMS = r"re:^(sms|mms|text[-_ ]?messages?)$"
_PUSH = r"re:push$|notification|^mobile$"
_CALL = r"re:^(call|calls|phone|call[-_ ]?cent(er|re)|telephone|telesales)$"
_STORE = r"re:^(store|store[-_ ]?visits?|offline[-_ ]?stores?|in[-_ ]?store|shop[-_ ]?visits?|branch|pos)$"
_MAIL = r"re:^(direct[-_ ]?mail|print|catalog(ue)?s?|flyers?|leaflets?|postcards?|mailings?|post)$"
_DISPLAY = r"re:^(display|banners?|expandable|interstitial|cpm|programmatic|native|gdn)$"
_AFFILIATE = r"re:^(affiliates?|partners?|coupons?)$"
_REFERRAL = r"re:^(referrals?|app|link)$"

DEFAULT_RULES: tuple[ChannelRule, ...] = (
    ChannelRule("direct", source="list:direct", medium=r"re:^\W*(not\W?set|none|direct|)\W*$"),
    ChannelRule(NO_TOUCH, source="list:no_touch", medium=_NOT_NAMED),
    ChannelRule("call_centre", medium=_CALL),
    ChannelRule("store_visit", source=_STORE, medium=r"re:^(offline|store|in[-_ ]?store|visit|)$"),
    ChannelRule("store_visit", medium=_STORE),
    ChannelRule("direct_mail", medium=_MAIL),
    ChannelRule("cross_network", campaign="glob:*cross-network*"),
    ChannelRule("paid_social", medium=r"re:^(paid[-_ ]?social|social[-_ ]?(paid|ads?|cp[acm]))$"),
    ChannelRule("paid_search", medium=r"re:^(paid[-_ ]?search|sem|search[-_ ]?ads?)$"),
    ChannelRule("paid_shopping", source="word:shopping", medium=_PAID),
    ChannelRule("paid_shopping", campaign=_SHOPPING_CAMPAIGN, medium=_PAID),
    ChannelRule("paid_search", source="word:search", medium=_PAID),
    ChannelRule("paid_social", source="word:social", medium=_PAID),
    ChannelRule("video", source="word:video", medium=_PAID),
    ChannelRule("display", medium=_DISPLAY),
    ChannelRule("retargeting", medium=r"re:^(retargeting|remarketing)$"),
    ChannelRule("affiliate", medium=_AFFILIATE),
    ChannelRule("email", source=_EMAIL),
    ChannelRule("email", medium=_EMAIL),
    ChannelRule("sms", source=_SMS),
    ChannelRule("sms", medium=_SMS),
    ChannelRule("push", medium=_PUSH),
    ChannelRule("push", source="firebase"),
    ChannelRule("paid_other", medium=_PAID),
    ChannelRule("email", source="list:webmail"),
    ChannelRule("organic_shopping", source="list:shopping"),
    ChannelRule("organic_shopping", campaign=_SHOPPING_CAMPAIGN),
    ChannelRule("organic_social", source="list:social"),
    ChannelRule("organic_social", medium=r"re:^(social|social[-_ ](network|media)|sm|organic[-_ ]?social)$"),
    ChannelRule("video", source="list:video"),
    ChannelRule("video", medium="re:video"),
    ChannelRule("ai_assistant", source="list:assistant"),
    ChannelRule("organic_search", source="list:search"),
    ChannelRule("organic_search", medium=r"re:^(organic|seo|organic[-_ ]?search)$"),
    ChannelRule("audio", medium=r"re:^(audio|podcasts?|radio)$"),
    ChannelRule("referral", medium=_REFERRAL),
    # Logs that name the channel and nothing else.
    ChannelRule(
        "paid_search",
        raw=r"re:^(paid[-_ ]?search([-_ ].*)?|sem|ppc|cpc|search[-_ ]?ads?|adwords|(google|bing)[-_ ]ads)$",
    ),
    ChannelRule("organic_search", raw=r"re:^((organic|natural)([-_ ]?search)?|seo|search[-_ ]?organic)$"),
    ChannelRule(
        "paid_social",
        raw=r"re:^(paid[-_ ]?social([-_ ].*)?|(social|facebook|fb|meta|instagram|tiktok)[-_ ]?ads?)$",
    ),
    ChannelRule(
        "organic_social",
        raw=r"re:^((organic[-_ ]?)?social([-_ ]?(media|network))?|facebook|instagram|tiktok|linkedin)$",
    ),
    ChannelRule("paid_shopping", raw=r"re:^(paid[-_ ]?)?shopping([-_ ]ads?)?$"),
    ChannelRule("retargeting", raw=r"re:^(retargeting|remarketing)([-_ ].*)?$"),
    ChannelRule("display", raw=r"re:^(display([-_ ].*)?|banners?|programmatic|native|gdn)$"),
    ChannelRule(
        "video",
        raw=r"re:^((paid|organic)[-_ ]?)?(video([-_ ].*)?|youtube([-_ ]ads?)?|(connected[-_ ])?tv|ctv)$",
    ),
    ChannelRule("audio", raw=r"re:^(audio|podcasts?|radio)$"),
    ChannelRule("affiliate", raw=r"re:^(affiliates?([-_ ].*)?|partners?)$"),
    ChannelRule("email", raw=r"re:^e[-_ ]?mail([-_ ].*)?$|^newsletters?$|^crm$"),
    ChannelRule("sms", raw=_SMS),
    ChannelRule("push", raw=r"re:^((mobile|web|app)[-_ ]?)?push([-_ ]notifications?)?$"),
    ChannelRule("direct", raw="list:direct"),
    ChannelRule("store_visit", raw=_STORE),
    ChannelRule("call_centre", raw=_CALL),
    ChannelRule("direct_mail", raw=_MAIL),
    ChannelRule("referral", raw=r"re:^(referrals?|referral[-_ ]traffic)$"),
    # Nothing is known of where the touch came from.
    ChannelRule("direct", raw="", source="", medium=""),
)
"""Ordered rules of the default grouping. Those that look at columns a log lacks are skipped."""
