"""Geo tests: plans and analyses that are refused."""

from __future__ import annotations

GEOS = [f"geo {number:02d}" for number in range(4)]
WHEN = {"start": "2026-02-15", "end": "2026-02-28"}

_ANALYSED = (
    "treated=GEOS[:1], method={'name': 'synthetic_control', 'placebos': 3}",
    "treated=GEOS, cost='nothing'",
    "treated=GEOS, cost=(5.0, -1.0)",
    "treated=GEOS, strata=[('geo 00', 'geo 04'), ('geo 00', 'geo 05')]",
    "treated={'a': []}",
    "treated={'holdout': GEOS}",
    "treated=GEOS, geo='date'",
    "treated=GEOS, since='2027-01-01'",
    "treated=GEOS, since='2026-02-20'",
    "treated=GEOS, value='x'",
    "treated=GEOS, alternative='larger'",
    "treated=GEOS, options=5",
    "treated=GEOS, options=at.PanelOptions(missing='zero'), since='2026-01-05'",
    "treated=GEOS, method='did', inference='pooled'",
    "treated=GEOS, placebos=30, inference='conformal'",
    "treated=GEOS, method={'name': 'synthetic_control', 'fixed_effects': 5}",
)
_PLANNED = (
    "periods=0",
    "periods=14, cells=0",
    "periods=14, n_treated=40",
    "periods=14, n_treated=0",
    "periods=14, change=0",
    "periods=14, change='x'",
    "periods=14, budget=0",
    "periods=14, budget=1.0, cost='cost'",
    "periods=14, power=80",
    "periods=14, alpha=5",
    "periods=14, windows=0",
    "periods=400",
    "periods=14, include=['nowhere']",
    "periods=14, exclude=['nowhere']",
    "periods=14, include=['geo 00'], exclude=['geo 00']",
    "periods=14, exclude=[f'geo {n:02d}' for n in range(11)]",
    "periods=14, method='none'",
    "periods=14, choose='search', candidates=0",
    "periods=14, choose={'windows': 8}",
    "periods=14, choose={'name': 'pairs', 'windows': -1}",
    "periods=14, choose={'name': 'pairs', 'windows': 9}, windows=8",
    "periods=14, choose='search', include=['geo 00'] * 9",
    "periods=14, cooldown=-1",
    "periods=14, kind='go_dark', cost='cost', change=2.0",
    "periods=14, buffer=[f'geo {n:02d}' for n in range(10)]",
    "periods=14, n_treated=1, choose='strata'",
    "periods=14, method='gbr'",
    "periods=14, cells=('a', 'a')",
    "periods=14, candidates=20, method='did'",
    "periods=14, choose='search', cells=2",
    "periods=14, choose=at.MatchedPairs(windows=8), n_treated=3",
    "periods=14, correction='none'",
    "periods=14, inference='permutation'",
    "periods=14, method={'name': 'synthetic_control', 'placebos': 2}",
)
ROWS = (
    tuple(f"at.analyze_geo(panel, **{{**WHEN, **dict({one})}})" for one in _ANALYSED)
    + tuple(f"at.plan_geo(panel, {one})" for one in _PLANNED)
    + (
        "at.analyze_geo(panel.assign(date=[20260132] * len(panel)), treated=GEOS, **WHEN)",
        "at.analyze_geo(panel.query('geo < \"geo 02\"'), treated=GEOS[:1], **WHEN)",
        "at.analyze_geo(panel, treated=GEOS, start={'a': '2026-02-15'}, end='2026-02-28')",
        "at.plan_geo(5, periods=14)",
        "at.TrimmedMatch(trim_rate=0.7)",
        "at.TrimmedMatch(max_trim=None)",
        "at.TrimmedMatch(before='forget')",
        "at.analyze_geo(panel, treated=GEOS, outcome=['sales', 'cost'], **WHEN)",
        "at.analyze_geo(panel.set_index(['geo', 'date']), treated=GEOS, **WHEN)",
        "at.analyze_geo(panel, treated=GEOS, plan=3, **WHEN)",
        "at.analyze_geo(panel, treated=GEOS, trim_rate=0.1, **WHEN)",
        "at.analyze_geo(panel, treated=GEOS, method={'draws': 200}, **WHEN)",
        "at.analyze_geo(panel.pivot(index='date', columns='geo', values='sales'), treated=GEOS, **WHEN)",
        (
            "at.analyze_geo(panel.pivot(index='date', columns='geo', values='sales').reset_index(), "
            "treated=GEOS, **WHEN)"
        ),
        (
            "at.analyze_geo(panel.assign(sales=panel.sales * (panel.geo != 'geo 07')), treated=GEOS, "
            "**{**WHEN, 'method': 'did'})"
        ),
    )
)
