"""synergy: which pairs of channels go with more conversions than the two would alone."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from time import perf_counter
from typing import Any, Unpack

import numpy as np

from attribution._checks import flag, name_list, one_of, whole
from attribution._migration import tells_places
from attribution._typing import Bools, Floats, Ints
from attribution.engines.choose import engine_of
from attribution.engines.shared.engine import Engine
from attribution.errors import LESS_MEMORY, JourneyError, ModelError, enough_memory, unknown_name
from attribution.evaluation.synergy_result import Synergy
from attribution.eventlog.eventlog import EventLog
from attribution.journeys.journeys import Journeys
from attribution.journeys.options import (
    JourneyKeywords,
    JourneyOptions,
    journey_options,
    refuse_options,
)
from attribution.models.channel_sets import SetTally
from attribution.models.tasks import TraitTask
from attribution.models.traits import LENGTHS, Traits
from attribution.stats.interactions import Counts, Interactions, Scale, cell_counts, pair_interactions
from attribution.stats.multiplicity import Correction, adjust
from attribution.stats.sums import sums_by

logger = logging.getLogger(__name__)
MOST_CHANNELS = 15
GROUPS = 256  # of users, as of `buckets=`
_MOST_BUCKETS = 1 << 16
_MOST_LAST = 40  # channels of the last touch that are told apart, those of most journeys
_FEWEST_CLUSTERS = 20


@tells_places(JourneyError)
@enough_memory(LESS_MEMORY)
def synergy(
    source: Journeys | EventLog,
    channels: Sequence[str] | None = None,
    *,
    scale: Scale = "odds",
    adjust_others: bool = True,
    min_conversions: float = 10.0,
    alpha: float = 0.05,
    correction: Correction = "fdr_bh",
    buckets: int = GROUPS,
    engine: str | Engine = "auto",
    progress: bool | None = None,
    options: JourneyOptions | None = None,
    **keywords: Unpack[JourneyKeywords],
) -> Synergy:
    """Compare how often journeys with two channels convert to what the two go with apart.

    For a pair, let p11, p10, p01 and p00 be the conversion rates of journeys touched by both, by the first
    but not the second, by the second but not the first, and by neither (but another channel). Without
    interaction the odds multiply: ``o11 = o10 o01 / o00`` (or, with ``scale="rate"``, the rates add:
    ``p11 = p10 + p01 - p00``). The excess of a pair is the conversion rate of its journeys beyond the one so
    expected (VanderWeele & Knol 2014, A tutorial on interaction, section 2).

    A conversion ends its journey, so that its number of touches tells whether a journey converts, whatever
    the channels do, and journeys with many channels are long ones. So the number of touches, the channel of
    the last touch, the other channels and which of them were touched twice or more are held fixed: the
    interaction is the coefficient of the pair's product beside an indicator of each, in a logistic (or
    least-squares) regression of whether a journey converts. Two more columns take up that channels may weigh
    less in a long journey, and that many channels together may add less than each would (Tukey 1949, One
    degree of freedom for non-additivity), which is no pair's own.

    It is association, not cause. See docs/synergy.md for what it can and cannot tell.

    Parameters
    ----------
    source
        Journeys, or a log whose journeys are built on the way (with the options below).
    channels
        The channels to pair; by default the 15 in most journeys. All others together count as one channel
        that is held fixed.
    scale
        On what two channels without interaction add up: ``"odds"`` (log odds; expected rates stay between 0
        and 1) or ``"rate"``. Whether there is an interaction may depend on it.
    adjust_others
        Whether to hold all that fixed; False takes the four rates as they are. They describe, and the
        verdicts say nothing about the channels: such pairs stand out where no channel does anything.
    min_conversions
        A pair is tested where each of its four groups of journeys would hold so many conversions, and so many
        journeys without, at the overall conversion rate; on odds, none of the groups may convert always or
        never.
    alpha
        Level of all tests together.
    correction
        ``"fdr_bh"`` (Benjamini & Hochberg): of the pairs that stand out, no more than `alpha` by chance, in
        expectation; ``"holm"``: no pair at all by chance, with probability 1 - `alpha`; ``"none"``. The
        intervals follow.
    buckets
        Groups of users, a power of two, by the hash of the user. Variances come from the differences between
        them, so that journeys of a user, which resemble one another, are not taken for independent. Journeys
        of a path table know no users and are taken as independent.
    engine, progress
        As in `attribute`, and only with a log.
    options
        How journeys are built, as one value, only with a log.
    **keywords
        Or its fields by name, only with a log: ``lookback``, ``goal``, ``after_conversion``, ``session_gap``,
        ``max_touches``, ``drop_censored``, ``timezone``, ``week_start``, ``period``,
        ``currency`` and ``rates``.
        What is None has its default, such as ``"30D"`` for the lookback (``"unlimited"`` sets no limit).

    Returns
    -------
    Synergy
        With ``to_frame()``, ``plot()`` (``kind="map"`` or ``"intervals"``) and ``summary()``.

    Raises
    ------
    ModelError
        If an option makes no sense, a channel is unknown, or there are fewer than 20 groups of users.
    JourneyError
        If no journey, or every one, converts; or journey options come with journeys that are built already.

    Examples
    --------
    >>> import attribution as at
    >>> paths = {"path": ["tv > search", "tv", "search", "email"],
    ...          "conversions": [90, 20, 40, 10], "nulls": [910, 980, 960, 990]}
    >>> found = at.synergy(at.read_paths(paths), ["tv", "search"], scale="rate", adjust_others=False)
    >>> found.to_frame()[["journeys", "rate_both", "rate_expected", "excess"]]
       journeys  rate_both  rate_expected  excess
    0    1000.0       0.09           0.05    0.04
    """
    began = perf_counter()
    _check(adjust_others, min_conversions, alpha, buckets)
    one_of(scale, "scale", ("odds", "rate"), error=ModelError)
    one_of(correction, "correction", ("fdr_bh", "holm", "none"), error=ModelError)
    if isinstance(source, Journeys):
        refuse_options("at.synergy(log", options, keywords, engine)
        tally, settings = _of_journeys(source, TraitTask(buckets))
    else:
        usual = journey_options(options, keywords, none_is_usual=True)
        tally, settings = _of_log(source, usual, TraitTask(buckets), engine, progress)
    found = solve_synergy(
        tally,
        settings,
        channels,
        scale=scale,
        adjust_others=adjust_others,
        min_conversions=min_conversions,
        alpha=alpha,
        correction=correction,
    )
    logger.info("compared %d pairs of channels in %.2f s", len(found.pairs), perf_counter() - began)
    return found


def solve_synergy(
    tally: SetTally,
    settings: Mapping[str, Any],
    channels: Sequence[str] | None = None,
    *,
    scale: Scale = "odds",
    adjust_others: bool = True,
    min_conversions: float = 10.0,
    alpha: float = 0.05,
    correction: Correction = "fdr_bh",
) -> Synergy:
    """Compare pairs of channels by what `TraitTask` counted of journeys; see `synergy`.

    Raises
    ------
    ModelError
        If a channel is unknown, or there are fewer than 20 groups of users.
    JourneyError
        If no journey, or every one, converts.
    """
    traits = Traits.of(tally)
    chosen = _chosen(traits, channels)
    rate = _rate(traits)
    counts = _counts(traits, chosen, scale)
    n = len(chosen)
    pairs = np.stack(np.triu_indices(n, 1), axis=1).astype(np.int64)
    # The last column, "any other channel", is held fixed and is in no pair.
    least = min_conversions / min(rate, 1 - rate)
    enough: Bools = np.all(cell_counts(counts, pairs)[0] >= least, axis=1)
    _refuse_few(counts)
    found = pair_interactions(counts, pairs, scale=scale, adjust=adjust_others, wanted=enough)
    tested = enough & np.isfinite(found.contrast) & (found.error > 0)
    low, high, p_value, p_adjusted = _tests(found, tested, alpha, correction)
    with np.errstate(divide="ignore", invalid="ignore"):
        seen = found.successes[:, 0] / found.units[:, 0]
        excess = seen - _expected(seen, np.where(tested, found.contrast, np.nan), scale)
        bounds = [seen - _expected(seen, bound, scale) for bound in (low, high)]
    order = np.lexsort([pairs[:, 1], pairs[:, 0], -np.nan_to_num(excess) * found.units[:, 0], ~tested])
    return Synergy(
        channels=tuple(traits.channels[code] for code in chosen.tolist()),
        pairs=pairs[order],
        journeys=found.units[order],
        conversions=found.successes[order],
        excess=excess[order],
        low=bounds[0][order],
        high=bounds[1][order],
        interaction=np.stack([np.where(tested, found.contrast, np.nan), low, high], axis=1)[order],
        p_value=p_value[order],
        p_adjusted=p_adjusted[order],
        tested=tested[order],
        scale=scale,
        adjusted=adjust_others,
        alpha=alpha,
        correction=correction,
        least=min_conversions,
        conversion_rate=rate,
        clusters=counts.n_clusters if counts.clustered else None,
        settings=dict(settings),
    )


def _refuse_few(counts: Counts) -> None:
    """Raise ModelError if variances would be those of a handful of groups of users."""
    if counts.clustered and counts.n_clusters < _FEWEST_CLUSTERS:
        msg = f"the users fall into {counts.n_clusters} groups"
        why = f"variances from fewer than {_FEWEST_CLUSTERS} groups of users say nothing"
        raise ModelError(msg, why=why, hint="a log of more users, or a larger buckets=")


def _expected(seen: Floats, contrast: Floats, scale: Scale) -> Floats:
    """Return the rates that would be, were there no interaction."""
    from scipy.special import expit, logit

    rates: Floats = seen - contrast if scale == "rate" else expit(logit(seen) - contrast)
    return rates


def _check(adjust_others: object, min_conversions: object, alpha: object, buckets: int) -> None:
    flag(adjust_others, "adjust_others", error=ModelError)
    for name, value, right in (
        (
            "min_conversions",
            min_conversions,
            isinstance(min_conversions, int | float) and min_conversions > 0,
        ),
        ("alpha", alpha, isinstance(alpha, int | float) and 0 < alpha < 1),
    ):
        if isinstance(value, bool) or not right:
            msg = f"{name}={value!r} must be a number {'above 0' if name != 'alpha' else 'between 0 and 1'}"
            raise ModelError(msg, column=name, hint=f"{name}={'0.05' if name == 'alpha' else '10'}")
    if whole(buckets, "buckets", least=_FEWEST_CLUSTERS, error=ModelError).bit_count() != 1:
        msg = f"buckets={buckets} is not a power of two"
        raise ModelError(msg, column="buckets", hint="buckets=256")
    if buckets > _MOST_BUCKETS:
        msg = f"buckets={buckets:,} is more than {_MOST_BUCKETS:,}"
        raise ModelError(msg, column="buckets", why="each needs a table of its own", hint="buckets=256")


def _of_journeys(source: Journeys, task: TraitTask) -> tuple[SetTally, dict[str, Any]]:
    """Count journeys by their traits, and return how they were built."""
    if source.settings.get("nulls") is False:
        msg = "the journeys that did not convert were not built"
        raise JourneyError(msg, hint="at.build_journeys(log, nulls=True)")
    return task(source), dict(source.settings)


def _of_log(
    source: object, settings: JourneyOptions, task: TraitTask, engine: str | Engine, progress: bool | None
) -> tuple[SetTally, dict[str, Any]]:
    """Count the journeys of a log by their traits, those that did not convert among them."""
    if not isinstance(source, EventLog):
        msg = f"synergy takes journeys or a log, not {type(source).__name__}"
        raise JourneyError(msg, hint="at.synergy(at.build_journeys(log))")
    settings = replace(settings, nulls=True)
    with engine_of(engine, source).open(source, settings, progress=progress) as run:
        return run({"traits": task})["traits"], settings.describe()


def _chosen(traits: Traits, channels: Sequence[str] | None) -> Ints:
    """Return the channels to pair, as positions in the tally's, those in most journeys first."""
    inside = (traits.sums[:, 0] + traits.sums[:, 2]) @ traits.touched
    order = np.argsort(-inside, kind="stable")
    if channels is None:
        return order[:MOST_CHANNELS]
    names = name_list(channels, "channels", error=ModelError)
    for name in names:
        if name not in traits.channels:
            raise ModelError(unknown_name("channel", name, traits.channels), column="channels")
    if len(set(names)) < 2 or len(set(names)) != len(names):
        msg = f"channels={names!r} must be two different names or more"
        raise ModelError(msg, column="channels", hint=f"channels={tuple(traits.channels[:2])!r}")
    wanted = np.array([traits.channels.index(name) for name in names], np.int64)
    return wanted[np.argsort(-inside[wanted], kind="stable")]


def _counts(traits: Traits, chosen: Ints, scale: Scale) -> Counts:
    """Lay the counts out: a mark a chosen channel, and one for all others; the rest of a journey is held."""
    inside, again = traits.touched[:, chosen], traits.again[:, chosen]
    others = np.setdiff1d(np.arange(len(traits.channels)), chosen)
    if len(others):
        rest = traits.touched[:, others].sum(axis=1) + traits.again[:, others].sum(axis=1)
        inside, again = np.column_stack([inside, rest > 0]), np.column_stack([again, rest > 1])
    journeys = sums_by(traits.last, traits.sums[:, 0] + traits.sums[:, 2], len(traits.channels))
    place = np.minimum(np.argsort(np.argsort(-journeys, kind="stable")), _MOST_LAST)[traits.last]
    cell = traits.length * (_MOST_LAST + 1) + place
    example, row = _alike(np.concatenate([inside, again], axis=1), cell)
    inside, again, cell, place = inside[example], again[example], cell[example], place[example]
    held = [again]
    if scale == "odds":  # the two add up there; rates have no such law, and every combination is a stratum
        held.append(place[:, None] == np.unique(place)[1:])
    return Counts(
        inside,
        row,
        np.zeros(len(row), np.int64) if traits.group is None else traits.group,
        traits.sums[:, 0] + traits.sums[:, 2],
        traits.sums[:, 0],
        traits.group is not None,
        held=np.concatenate(held, axis=1),
        stratum=traits.length[example] if scale == "odds" else cell,
        trend=np.log(LENGTHS[traits.length[example]]),
    )


def _alike(marks: Bools, number: Ints) -> tuple[Ints, Ints]:
    """Return an example of each combination of marks and a number, and the combination of each row."""
    example = np.zeros(0, np.int64)
    for first in range(0, marks.shape[1], 32):
        some = marks[:, first : first + 32]
        key = (number << 32) | (some @ (np.int64(1) << np.arange(some.shape[1])))
        _, example, number = np.unique(key, return_index=True, return_inverse=True)
    return example, number.reshape(-1)


def _rate(traits: Traits) -> float:
    """Return the conversion rate of journeys with a touch."""
    converted, journeys = float(traits.sums[:, 0].sum()), float(traits.sums[:, [0, 2]].sum())
    if 0 < converted < journeys:
        return converted / journeys
    what = "none" if not converted else "every one"
    msg = f"of {journeys:,.0f} journeys with a touch {what} converted, so there are no rates to compare"
    raise JourneyError(msg, hint="at.build_journeys(log, nulls=True)")


def _tests(
    found: Interactions, tested: Bools, alpha: float, correction: Correction
) -> tuple[Floats, Floats, Floats, Floats]:
    """Return interval, p-value and corrected p-value of each tested pair, NaN for the others."""
    from scipy import special

    low, high, p_value, p_adjusted = np.full((4, len(tested)), np.nan)
    contrast, error = found.contrast[tested], found.error[tested]
    below = -np.abs(contrast / error)
    tail = special.ndtr(below) if np.isinf(found.freedom) else special.stdtr(found.freedom, below)
    p_value[tested] = 2 * tail
    p_adjusted[tested], levels = adjust(p_value[tested], alpha, correction)
    upper = 1 - levels / 2
    reach = special.ndtri(upper) if np.isinf(found.freedom) else special.stdtrit(found.freedom, upper)
    low[tested], high[tested] = contrast - reach * error, contrast + reach * error
    return low, high, p_value, p_adjusted
