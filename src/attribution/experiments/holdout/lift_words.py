"""A lift's estimand, method, assumptions and notes in words."""

from __future__ import annotations

from attribution._display import format_number
from attribution.experiments.holdout.arm import Arm
from attribution.experiments.holdout.comparison import Context
from attribution.experiments.holdout.effects import mean_of
from attribution.experiments.holdout.events import events
from attribution.experiments.shared.p_value_limits import doubtful
from attribution.language.sentence import Sentence

WELCH = "Welch's difference of means"
FEW_CLUSTERS = 40
ROUNDING = 1e-9  # of the mean: what a subtraction leaves of nothing
SKEW_RULE = 355  # units an arm per squared skewness (Kohavi, Deng & Vermeer 2022)


def notes(context: Context) -> tuple[str, ...]:
    """Return what a reader should know besides."""
    request = context.request
    found: list[str] = []
    if context.cap is not None:
        cap = {"cap": context.cap, "quantile": request.winsorise}
        found.append(Sentence("note.capped", outcome=request.outcome, **cap))
    if context.negative and not context.clustered:
        low = min(float(side.low[side.at("outcome")]) for side in context.sides)
        size = max(abs(float(side.mean[side.at("outcome")])) for side in context.sides)
        if low < -ROUNDING * size:
            found.append(Sentence("note.below_zero", outcome=request.outcome, low=low))
    if context.clustered and min(side.n for side in context.sides) < FEW_CLUSTERS:
        fewest = min(side.n for side in context.sides)
        found.append(Sentence("note.few_clusters", fewest=fewest, least=FEW_CLUSTERS))
    if context.unused:
        found.append(Sentence("note.unused", covariates=tuple(context.unused)))
    found += [check.text for check in context.checks if doubtful(check)]
    found += _heavy_tails(context)
    if request.two_part:
        found.append(Sentence("note.two_part"))
    return tuple(found)


def _heavy_tails(context: Context) -> list[str]:
    if context.binary or context.clustered:
        return []
    worst = 0.0
    for side in context.sides:
        skew = side.skewness("outcome")
        worst = max(worst, SKEW_RULE * skew**2 / side.n if skew == skew else 0.0)
    if worst <= 1:
        return []
    control = context.sides[1]
    place = control.at("outcome")
    cv = (
        control.covariance[place, place] ** 0.5 / abs(control.mean[place])
        if control.mean[place]
        else float("inf")
    )
    rare = any(0 < events(side, "outcome") < 0.001 * side.n for side in context.sides)
    advice = Sentence("note.heavy_tails.rare" if rare else "note.heavy_tails.common")
    sizes = {"cv": cv, "skewness": control.skewness("outcome"), "times": worst}
    return [Sentence("note.heavy_tails", outcome=context.request.outcome, advice=advice, **sizes)]


def estimand(context: Context) -> str:
    """Return what is estimated."""
    request = context.request
    what = request.outcome if request.denominator is None else f"{request.outcome} per {request.denominator}"
    if context.cap is not None:
        what += f" capped at {format_number(context.cap)}"
    if request.design == "itt":
        return (
            f"mean effect of being assigned to {context.treatment} instead of {request.holdout} on {what}, "
            "over all assigned users, exposed or not (intention to treat)"
        )
    peers = "who saw the placebo" if request.design == "psa" else "who would have seen it"
    return (
        f"mean effect on {what} in users who saw the ad of {context.treatment}, against users of "
        f"{request.holdout} {peers} (effect on the exposed, ATT)"
    )


def method(context: Context) -> str:
    """Return how it is computed."""
    request = context.request
    if context.scored:
        return "score test of two proportions with its intervals (Miettinen & Nurminen 1985), for few events"
    kind = "Student's difference of means (one variance for both arms)" if request.pooled else WELCH
    parts = [f"{kind}, Fieller's set for the lift"]
    if "outcome" in context.references:
        parts.append("held against other assignments of the same units (studentised permutation)")
    if context.clustered:
        parts.append(f"totals per {request.cluster} as the data")
    if request.denominator is not None:
        parts.append("delta method for the ratio")
    if request.covariates:
        names = ", ".join(request.covariates)
        if context.clustered or request.adjust == "cuped":
            parts.append(f"adjusted for {names} (CUPED, one slope)")
        else:
            errors = "HC2 errors" if context.robust else "equal variances within an arm"
            parts.append(f"adjusted for {names} (Lin's regression, {errors})")
    if request.alternative != "two-sided":
        parts.append(f"one-sided ({request.alternative})")
    if request.sequential is not None:
        parts.append(f"confidence sequence valid at every look, narrowest at {request.sequential:,} users")
    if request.exposed is not None and request.design == "itt":
        parts.append("Anderson-Rubin set per complier")
    return "; ".join(parts)


def assumptions(context: Context) -> tuple[str, ...]:
    """Return what must hold for the number to be the effect."""
    request = context.request
    units = "users" if request.cluster is None else f"whole units of {request.cluster}"
    found = [
        f"{units} were assigned at random",
        "nobody's outcome depends on another's arm",
        "outcomes were recorded alike in both arms",
    ]
    if request.design == "psa":
        found.append("the placebo went to those whom the ad would have gone to, and does nothing itself")
    elif request.design == "ghost_ads":
        found.append("would-be exposures were logged alike in both arms")
    elif request.exposed is not None:
        found.append("assignment works through exposure alone")
        if mean_of(Arm.of(context.sides[1]), "exposed") > 0:
            found.append("nobody was exposed only because of being withheld")
    if request.pooled:
        found.append(f"{request.outcome} varies as much in either arm")
    if request.covariates:
        found.append("covariates were measured before assignment")
    if request.cost is not None and request.cost.each is not None:
        found.append("every exposed user cost the same")
    elif request.cost is not None and request.cost.error == 0:
        found.append("the cost is known exactly")
    return tuple(found)
