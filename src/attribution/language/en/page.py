"""English: the page itself, counts and lists, the audit, the limits, the settings."""

from __future__ import annotations

TEXTS: dict[str, str | tuple[str, str]] = {
    "title": "Marketing attribution",
    "skip": "Skip to the content",
    "contents": "Sections",
    "logo": "Logo",
    "scroll": "The table is wider than the screen: it scrolls sideways.",
    "footer": "Made by attribution-analytics {version}. Credit is bookkeeping by the rule of each model; "
    "it is not the effect of a channel.",
    # counts and lists
    "semicolon": "; ",
    "joined": "{parts:+}",
    "spaced": "{parts:_}",
    "list": "{parts}",
    "list.several": "{parts:;}",
    "none": "none",
    "empty": "(empty)",
    "and": "{first} and {last}",
    "more": ("{n} more", "{n} more"),
    "range": "{low} to {high}",
    "interval": "{low} to {high}",
    "n_conversions": ("{n} conversion", "{n} conversions"),
    "n_touches": ("{n} touch", "{n} touches"),
    "points": "{n} pt",
    "n_checks": ("{n} check", "{n} checks"),
    "unit.day": ("{n} day", "{n} days"),
    "unit.week": ("{n} week", "{n} weeks"),
    "unit.hour": ("{n} hour", "{n} hours"),
    "unit.minute": ("{n} minute", "{n} minutes"),
    "unit.second": ("{n} second", "{n} seconds"),
    "date": "{day} {month} {year}",
    "period": "{first} to {last}",
    "channel": "Channel",
    "(unattributed)": "(unattributed)",
    "by.day": "Day",
    "by.week": "Week",
    "by.month": "Month",
    "by.customer": "Customer",
    "period.day": "day",
    "period.week": "week",
    "period.month": "month",
    # audit
    "audit": "Audit of the log",
    "audit.nothing": "No check was made.",
    "audit.failed": "{checks} of {total} failed: {names}.",
    "audit.passed": ("The one check did not fail.", "None of {n} checks failed."),
    "audit.caption": "All checks of the log, failures first",
    "audit.check": "Check",
    "audit.status": "Status",
    "audit.count": "Count",
    "audit.finding": "Finding",
    "audit.fix": "Fix",
    "audit.line": "{status}: {name}.",
    "audit.advice": "{finding} Fix: {fix}",
    "audit.to_do": "{finding} To do: {fix}",
    "audit.english": "",
    "audit.warning": "The audit of the log found problems ({names}); read them before you trust the numbers.",
    "status.failed": "failed",
    "status.info": "info",
    "status.ok": "ok",
    # a run in one line
    "chat.head": "{date} {title}: {total}; {top}; ",
    "chat.top": "top {channel} {share:.1%} ({change}{model})",
    "chat.no_credit": "no credit",
    "chat.new": "new, ",
    "chat.points": ("{n:+.1f} points, ", "{n:+.1f} points, "),
    "chat.as_before": "as before, ",
    "chat.audit": ("audit: {n} finding", "audit: {n} findings"),
    "chat.ok": "checks ok",
    "chat.failed": "FAILED {checks}",
    # limits
    "limits": "What this report cannot tell",
    "limits.cause": "What a channel caused.",
    "limits.cause.text": "A model splits conversions that happened over the touches before them. It cannot "
    "tell how many would have happened without a channel: channels that reach people who buy anyway (brand "
    "search, retargeting, e-mail to customers) get credit for it. Only an experiment tells: a randomised "
    "holdout or a geographic test.",
    "limits.untested": "What the untested channels caused.",
    "limits.untested.text": "Experiments are here for {tested}. For all other channels credit is "
    "bookkeeping: it does not say how many conversions would have happened without them.",
    "limits.experiments": "Where else an experiment holds.",
    "limits.experiments.text": "An experiment tells what a channel caused among its own users, in its own "
    "weeks, at the spend of that time. Other people, seasons and budgets may differ.",
    "limits.unlogged": "What was not logged.",
    "limits.unlogged.text": "Touches that the log does not hold (views that are not measured, word of "
    "mouth, refused cookies, a person's other devices) get nothing; their share goes to the touches that "
    "it holds.",
    "limits.windows": "Other windows.",
    "limits.windows.text": "Touches more than {lookback} before a conversion get nothing; another lookback "
    "counts others.",
    "limits.chance": "How sure the numbers are.",
    "limits.chance.text": "They carry no intervals. Small differences between channels, and lines with few "
    "conversions, may be chance.",
    "limits.sampling": "What the intervals leave out.",
    "limits.sampling.text": "They tell how much the numbers would change with other users. They do not "
    "tell whether the model is right, nor what the log does not hold.",
    "limits.margin": "What the next unit of spend earns.",
    "limits.margin.text": "ROAS, ROI and CPA are averages over all that was spent, and they inherit the "
    "model's split. The next unit of spend may earn less, or nothing.",
    # settings
    "settings": "Settings",
    "settings.caption": "How this credit was made",
    "settings.run": "This run",
    "settings.setting": "Setting",
    "settings.value": "Value",
}
