"""Which kind of site a source is: by its host, never by a brand that stands somewhere in it.

A host is of a list if it stands there itself, or if it lies below a domain of it; the longest domain decides,
so that ``mail.yahoo.com`` is webmail and ``us.search.yahoo.com`` search. A domain whose subdomains are other
things (documents, log-in, advertising) has ``=`` before it and stands for itself and ``www.`` alone. Names
without a dot are what campaigns put in ``utm_source``. The kinds are those of the source categories of the
default channel group, with webmail, assistants and what is no touch added.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

_GOOGLES = """
    com ad ae al am as at az ba be bf bg bi bj bs bt by ca cat cd cf cg ch ci cl cm cn cv cz de dj
    dk dm dz ee es fi fm fr ga ge gg gl gm gr gy hn hr ht hu ie im iq is it je jo kg ki kz la li lk
    lt lu lv md me mg mk ml mn mu mv mw ne nl no nr nu pl pn ps pt ro rs ru rw sc se sh si sk sm sn
    so sr st td tg tl tm tn to tt vu ws co.ao co.bw co.ck co.cr co.id co.il co.in co.jp co.ke co.kr
    co.ls co.ma co.mz co.nz co.th co.tz co.ug co.uk co.uz co.ve co.vi co.za co.zm co.zw com.af
    com.ag com.ar com.au com.bd com.bh com.bn com.bo com.br com.bz com.co com.cu com.cy com.do
    com.ec com.eg com.et com.fj com.gh com.gi com.gt com.hk com.jm com.kh com.kw com.lb com.ly
    com.mm com.mt com.mx com.my com.na com.ng com.ni com.np com.om com.pa com.pe com.pg com.ph
    com.pk com.pr com.py com.qa com.sa com.sb com.sg com.sl com.sv com.tj com.tr com.tw com.ua
    com.uy com.vc com.vn
"""

_LISTS = {
    "search": """
        search.google.com lens.google.com news.google.com com.google.android.googlequicksearchbox
        =bing.com cn.bing.com search.yahoo.com search.yahoo.co.jp =yahoo.com =yahoo.co.jp =msn.com
        ntp.msn.com duckduckgo.com baidu.com ecosia.org qwant.com startpage.com search.brave.com
        =yandex.ru =yandex.com =yandex.by =yandex.kz =yandex.ua =yandex.uz =yandex.fr =yandex.com.tr
        =yandex.eu =ya.ru =naver.com search.naver.com =m.naver.com =seznam.cz search.seznam.cz
        =daum.net search.daum.net sogou.com so.com 360.cn search.aol.com search.aol.co.uk
        suche.aol.de =aol.com ask.com dogpile.com excite.com lycos.com search.lycos.com kvasir.no
        startsiden.no =rambler.ru nova.rambler.ru =go.mail.ru search.ukr.net mojeek.com
        swisscows.com metager.org metager.de presearch.com kagi.com you.com search.marginalia.nu
        lilo.org yep.com coccoc.com haosou.com =onet.pl szukaj.onet.pl =virgilio.it =centrum.cz
        exalead.com websearch.rakuten.co.jp search.smt.docomo.ne.jp sp-web.search.auone.jp
        =biglobe.ne.jp petalsearch.com
        google bing yahoo duckduckgo baidu yandex ecosia qwant startpage naver seznam sogou daum aol
        ask brave adwords googleads googleadwords bingads microsoftads msn lycos dogpile rambler
    """,
    "webmail": """
        mail.google.com mail.yahoo.com mail.yahoo.co.jp mail.aol.com outlook.live.com outlook.com
        outlook.office.com outlook.office365.com hotmail.com mail.live.com mail.ru e.mail.ru
        mail.yandex.ru mail.yandex.com email.seznam.cz mail.rambler.ru mail.qq.com mail.163.com
        mail.126.com mail.naver.com mail.daum.net mail.proton.me mail.protonmail.com
        app.fastmail.com webmail.free.fr messagerie.orange.fr mail.laposte.net navigator.gmx.net
        navigator.web.de deref-gmx.net deref-web.de mail.zoho.com webmail.t-online.de poczta.onet.pl
        poczta.wp.pl mail.tiscali.it mail.libero.it roundcube.net
    """,
    "social": """
        facebook.com fb.com fb.me instagram.com =threads.net =threads.com =meta.com messenger.com
        linkedin.com lnkd.in twitter.com =x.com t.co tiktok.com pinterest.com pin.it snapchat.com
        pinterest.de pinterest.fr pinterest.es pinterest.it pinterest.at pinterest.ch pinterest.ca
        pinterest.co.uk pinterest.com.au pinterest.com.mx pinterest.jp pinterest.pt pinterest.se
        pinterest.nz pinterest.ie pinterest.dk reddit.com redd.it quora.com tumblr.com whatsapp.com
        wa.me wechat.com weibo.com weibo.cn vk.com vk.ru vkontakte.ru ok.ru bsky.app mastodon.social
        nextdoor.com xing.com discord.com discord.gg telegram.org t.me telegram.me web.telegram.org
        answers.yahoo.com blog.naver.com cafe.naver.com groups.google.com plus.google.com
        sites.google.com medium.com livejournal.com myspace.com flickr.com deviantart.com
        goodreads.com meetup.com stackoverflow.com stackexchange.com news.ycombinator.com
        slashdot.org digg.com mix.com pocket.com getpocket.com disqus.com blogspot.com wordpress.com
        blogger.com typepad.com foursquare.com yelp.com tripadvisor.com tripadvisor.co.uk care2.com
        classmates.com hatena.ne.jp ameblo.jp mixi.jp line.me zhihu.com douban.com renren.com
        qzone.qq.com tieba.baidu.com zhidao.baidu.com nicovideo.jp 5ch.net gutefrage.net fotolog.com
        badoo.com tagged.com hi5.com diigo.com scoop.it slideshare.net skyrock.com viadeo.com
        academia.edu researchgate.net allrecipes.com wattpad.com dribbble.com behance.net
        producthunt.com steamcommunity.com gaiaonline.com patreon.com substack.com x.com
        facebook fb instagram ig meta linkedin lnkd twitter tiktok pinterest snapchat reddit quora
        tumblr whatsapp wechat weibo vk vkontakte threads bluesky bsky mastodon nextdoor xing
        discord telegram
    """,
    "video": """
        youtube.com youtu.be m.youtube.com vimeo.com dailymotion.com dai.ly twitch.tv netflix.com
        hulu.com disneyplus.com rumble.com bilibili.com iqiyi.com iq.com youku.com veoh.com
        wistia.com wistia.net crackle.com d.tube ted.com utreon.com justin.tv curiositystream.com
        odysee.com roku.com
        youtube vimeo dailymotion twitch netflix hulu disneyplus streamingtv roku rumble bilibili
        iqiyi youku ctv
    """,
    "shopping": """
        =amazon.com =amazon.de =amazon.fr =amazon.it =amazon.es =amazon.nl =amazon.se =amazon.pl
        =amazon.ca =amazon.in =amazon.co.uk =amazon.co.jp =amazon.com.au =amazon.com.br
        =amazon.com.mx smile.amazon.com ebay.com ebay.co.uk ebay.de ebay.fr ebay.it ebay.es
        ebay.com.au etsy.com alibaba.com aliexpress.com walmart.com =shopify.com shop.app
        shopping.google.com idealo.de idealo.fr idealo.it idealo.es idealo.co.uk pricegrabber.com
        shopzilla.com kelkoo.com kelkoo.fr mercadolibre.com mercadolibre.com.ar mercadolibre.com.mx
        mercadolivre.com.br rakuten.co.jp =rakuten.com zalando.de zalando.com zalando.fr
        shopping.yahoo.com shopping.yahoo.co.jp shopping.naver.com shopping.net simplycodes.com
        bol.com cdiscount.com allegro.pl flipkart.com
        amazon ebay etsy alibaba aliexpress walmart shopify googleshopping igshopping idealo
        pricegrabber shopzilla kelkoo mercadolibre rakuten zalando
    """,
    "assistant": """
        chatgpt.com chat.openai.com openai.com perplexity.ai claude.ai gemini.google.com
        bard.google.com copilot.microsoft.com copilot.cloud.microsoft deepseek.com grok.com x.ai
        meta.ai mistral.ai chat.mistral.ai poe.com phind.com edgeservices.bing.com
        chatgpt openai perplexity claude gemini copilot deepseek grok
    """,
    "no_touch": """
        accounts.google.com myaccount.google.com accounts.youtube.com login.microsoftonline.com
        login.live.com login.yahoo.com appleid.apple.com idmsa.apple.com auth0.com okta.com
        onelogin.com oauth.vk.com login.salesforce.com signin.aws.amazon.com id.twitch.tv paypal.com
        paypalobjects.com checkout.stripe.com hooks.stripe.com js.stripe.com stripe.com klarna.com
        adyen.com pay.google.com payments.google.com pay.amazon.com payments.amazon.com
        checkout.shopify.com shop-pay.com mollie.com worldpay.com sagepay.com authorize.net
        braintreegateway.com checkout.com paydirekt.de sofort.com giropay.de ideal.nl afterpay.com
        clearpay.co.uk affirm.com sezzle.com razorpay.com payu.com paytm.com mercadopago.com
        3dsecure.io arcot.com cardinalcommerce.com secure5.arcot.com systempay.fr payplug.com
        tagassistant.google.com tagmanager.google.com optimize.google.com analytics.google.com
        gtm-msr.appspot.com 127.0.0.1
        localhost
    """,  # log-in, payment, tag debuggers: the visitor was here before, and comes back
}

HOSTS: Mapping[str, tuple[str, ...]] = {
    kind: tuple([f"=google.{end}" for end in _GOOGLES.split() if kind == "search"] + text.split())
    for kind, text in _LISTS.items()
}
"""Hosts and names by kind."""

KINDS = tuple(HOSTS)


def bare_host(source: str) -> str:
    """Return the host of a source, which may be a whole address; a name as it is, without case.

    Examples
    --------
    >>> bare_host("HTTPS://www.Google.com:443/search?q=x"), bare_host("Google Ads")
    ('www.google.com', 'google ads')
    """
    text = re.sub(r"^[a-z][a-z0-9+.\-]*://", "", source.strip().casefold())
    return re.split(r"[/?#]", text, maxsplit=1)[0].rpartition("@")[2].partition(":")[0].rstrip(".")


def _tables() -> tuple[dict[str, str], dict[str, str], dict[str, str]]:
    whole: dict[str, str] = {}
    below: dict[str, str] = {}
    names: dict[str, str] = {}
    for kind, entries in HOSTS.items():
        for entry in entries:
            if "." not in entry:
                names[entry] = kind
            elif entry.startswith("="):
                whole[entry[1:]] = whole[f"www.{entry[1:]}"] = kind
            else:
                below[entry] = kind
    return whole, below, names


_WHOLE, _BELOW, _NAMES = _tables()


@lru_cache(maxsize=65536)
def kind_of(source: str) -> str | None:
    """Return the kind of a source, one of `KINDS`, or None.

    Parameters
    ----------
    source
        A host, an address, or the name that a campaign gave.

    Examples
    --------
    >>> [kind_of(source) for source in ("www.google.co.uk", "mail.google.com", "Google Ads", "fb.com")]
    ['search', 'webmail', 'search', 'social']
    >>> [kind_of(source) for source in ("notgoogle.com", "google.example.com", "docs.google.com")]
    [None, None, None]
    """
    host = bare_host(source)
    if "." not in host:
        return _NAMES.get(re.sub(r"[\s_-]+", "", host))
    if host in _WHOLE:
        return _WHOLE[host]
    labels = host.split(".")
    parents = (".".join(labels[place:]) for place in range(len(labels) - 1))
    return next((_BELOW[parent] for parent in parents if parent in _BELOW), None)


def word_of(source: str, kind: str) -> bool:
    """Return whether a campaign's source is of a kind by one of its words, such as ``facebook_retargeting``.

    Parameters
    ----------
    source
        As for `kind_of`; of a host only the whole tells.
    kind
        One of `KINDS`.
    """
    host = bare_host(source)
    if kind_of(source) == kind or "." in host:
        return kind_of(source) == kind
    return any(_NAMES.get(word) == kind for word in re.split(r"[\s_-]+", host))


def below(source: str, domains: tuple[str, ...]) -> bool:
    """Return whether a source is one of the domains, or a host below one of them."""
    host = bare_host(source)
    return any(host == domain or host.endswith(f".{domain}") for domain in domains)
