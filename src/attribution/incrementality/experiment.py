"""A holdout that was read: its groups, its checks, and the lifts of its arms and segments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from attribution.diagnostics import CheckResult, CheckResults
from attribution.errors import ExperimentError, nearest
from attribution.incrementality.arm import Arm, Pair, best_slopes, cuped, pooled_slopes
from attribution.incrementality.compose import compose
from attribution.incrementality.context import Context
from attribution.incrementality.judge import COVARIATE, counts_of, judge
from attribution.incrementality.lift import Lift, Lifts
from attribution.incrementality.lin import lin
from attribution.incrementality.moments import Moments, total
from attribution.incrementality.request import Request
from attribution.incrementality.rows import Rows, floats, label_of
from attribution.incrementality.tally import SIZE, Group, Reader, Spec, Tallied, tally
from attribution.stats.multiplicity import adjust

FEWEST = 5  # users in an arm
FEWEST_CLUSTERS = 2


@dataclass(frozen=True, eq=False)
class Experiment:
    """What was asked, what was found, and the rows for those who need them again.

    Attributes
    ----------
    request
        What was asked.
    tallied
        Moments by arm, segment and exposure.
    reader
        The rows; None where only sufficient statistics were given.
    checks
        Results of the checks.
    caps
        Where the outcome was capped.
    """

    request: Request
    tallied: Tallied
    reader: Reader | None
    checks: CheckResults
    caps: Mapping[str, float]

    @classmethod
    def read(cls, users: Any, request: Request, given: Sequence[CheckResult]) -> Experiment:
        """Read the users once and check them.

        Raises
        ------
        ExperimentError
            As `analyze_holdout`.
        """
        reader: Reader | None = None
        caps: dict[str, float] = {}
        if isinstance(users, Mapping) and users and all(isinstance(part, Moments) for part in users.values()):
            tallied = _of_moments(users, request)
        else:
            rows = Rows(users)
            spec = _spec(rows, request)
            if request.winsorise is not None:
                caps = {"outcome": _quantile(rows, request.outcome, request.winsorise)}
                spec = replace(spec, caps=caps)
            reader = Reader(rows, spec)
            tallied = tally(reader)
        _refuse_arms(tallied, request)
        _refuse_numbers(tallied, request)
        checks = judge(
            tallied,
            request.arms,
            holdout=request.holdout,
            design=request.design,
            shares=request.shares,
            segment=request.segment,
            covariates=tuple(COVARIATE + name for name in request.covariates),
            has_exposure=request.exposed is not None,
            given=given,
            despite=request.despite,
        )
        return cls(request, tallied, reader, checks, caps)

    def arms(self) -> Lifts:
        """Return the lift of every treatment, tested as a family."""
        pairs = {name: self.context(name, None) for name in self.request.treatments}
        family = self._family("arm", pairs)
        lifts = {name: self._with_segments(name, lift) for name, lift in family.lifts.items()}
        return replace(family, lifts=lifts)

    def lift(self, treatment: str) -> Lift:
        """Return the lift of one treatment, with its segments."""
        return self._with_segments(treatment, compose(self.context(treatment, None), self.request.alpha))

    def _with_segments(self, treatment: str, lift: Lift) -> Lift:
        if self.request.segment is None:
            return lift
        found, short = {}, []
        for label in self.tallied.segments:
            if min(self._sizes(treatment, label)) < FEWEST:
                short.append(label)
            else:
                context = self.context(treatment, label)
                if context is None or not context.varies:
                    short.append(label)
                else:
                    found[label] = context
        notes = list(lift.details.get("notes", ()))
        if short:
            shown = ", ".join(short[:5]) + (f" and {len(short) - 5} more" if len(short) > 5 else "")
            notes.append(f"segments with too few users or no outcome are left out: {shown}")
        details = {
            **lift.details,
            "notes": tuple(notes),
            "segments": self._family(self.request.segment, found),
        }
        return replace(lift, details=details)

    def _family(self, by: str, contexts: Mapping[str, Context]) -> Lifts:
        alpha, correction = self.request.alpha, self.request.correction
        first = {name: compose(context, alpha) for name, context in contexts.items()}
        p_values = np.array([lift.p_value for lift in first.values()])
        adjusted, levels = adjust(p_values, alpha, correction)
        lifts = {
            name: compose(context, float(level))
            for (name, context), level in zip(contexts.items(), levels, strict=True)
        }
        return Lifts(by, lifts, dict(zip(lifts, adjusted.tolist(), strict=True)), correction)

    def _groups(self, arm: str, segment: str | None) -> list[Group]:
        return [
            key for key in self.tallied.groups if key[0] == arm and (segment is None or key[1] == segment)
        ]

    def _sizes(self, treatment: str, segment: str) -> list[int]:
        return [
            sum(self.tallied.groups[key].n for key in self._compared(arm, segment))
            for arm in (treatment, self.request.holdout)
        ]

    def _compared(self, arm: str, segment: str | None) -> list[Group]:
        """Return the groups of an arm that the design compares."""
        keys = self._groups(arm, segment)
        exposed_only = self.request.design != "itt" and self.request.exposed is not None
        return [key for key in keys if key[2]] if exposed_only else keys

    def context(self, treatment: str, segment: str | None) -> Context:
        """Return what a lift is made of: the compared arms, plain and adjusted."""
        request, groups = self.request, self.tallied.groups
        compared = [self._compared(arm, segment) for arm in (treatment, request.holdout)]
        for arm, keys in zip((treatment, request.holdout), compared, strict=True):
            if sum(groups[key].n for key in keys) < 2:
                msg = f"no user of the arm {arm!r} is marked as exposed"
                hint = "exposed marks, in the holdout too, who saw the placebo or would have seen the ad"
                raise ExperimentError(msg, column="exposed", hint=hint)
        sides = [total(groups[key] for key in keys) for keys in compared]
        whole = [
            total(groups[key] for key in self._groups(arm, segment)) for arm in (treatment, request.holdout)
        ]
        return Context(
            request=request,
            treatment=treatment,
            sides=(sides[0], sides[1]),
            everyone=(whole[0], whole[1]),
            pair=self._pair(compared, sides),
            checks=self.checks,
            cap=self.caps.get("outcome"),
            robust=self.reader is not None,
        )

    def _pair(self, compared: Sequence[Sequence[Group]], sides: Sequence[Moments]) -> Pair:
        request = self.request
        treated, control = (Arm.of(side) for side in sides)
        covariates = tuple(COVARIATE + name for name in request.covariates)
        if not covariates:
            return Pair(treated, control)
        if SIZE in sides[0].names:
            return cuped(treated, control, best_slopes(treated, control, covariates), covariates)
        if request.adjust == "cuped":
            return cuped(treated, control, pooled_slopes(total(sides), covariates), covariates)
        if min(side.n for side in sides) < len(covariates) + 3:
            fewest = min(side.n for side in sides)
            msg = f"{fewest} users in an arm are too few for {len(covariates)} covariates"
            raise ExperimentError(msg, column="covariate", hint="fewer covariates, or none")
        return lin(self.tallied.groups, set(compared[0]), set(compared[1]), covariates, self.reader)


def _spec(rows: Rows, request: Request) -> Spec:
    need = rows.need
    metrics = {"outcome": need(request.outcome, "outcome")}
    more = {
        "denominator": request.denominator,
        "exposed": request.exposed,
        "value": request.value,
        "cost": request.cost_column,
    }
    metrics |= {role: need(name, role) for role, name in more.items() if name is not None}
    metrics |= {COVARIATE + name: need(name, "covariate") for name in request.covariates}
    unit = request.unit
    if unit is None and request.count is None and "user_id" in rows.names:
        unit = "user_id"
    return Spec(
        assigned=need(request.assigned, "assigned"),
        metrics=metrics,
        segment=None if request.segment is None else need(request.segment, "segment"),
        unit=None if unit is None else need(unit, "unit"),
        cluster=None if request.cluster is None else need(request.cluster, "cluster"),
        count=None if request.count is None else need(request.count, "count"),
        split=request.design != "itt" and request.exposed is not None,
        any_of=request.two_part,
    )


def _quantile(rows: Rows, column: str, share: float) -> float:
    parts, row = [], 0
    for batch in rows.batches([column]):
        parts.append(floats(batch.column(column), column, row))
        row += batch.num_rows
    if not row:
        msg = "the table of users has no rows"
        raise ExperimentError(msg, column="users")
    return float(np.quantile(np.concatenate(parts), share))


def _of_moments(users: Mapping[Any, Moments], request: Request) -> Tallied:
    """Return sufficient statistics by arm under the roles of their metrics."""
    needed = {
        "segment": request.segment,
        "cluster": request.cluster,
        "unit": request.unit,
        "count": request.count,
        "winsorise": request.winsorise,
        "two_part": request.two_part or None,
        'design="psa" or "ghost_ads" with exposed': request.exposed if request.design != "itt" else None,
    }
    for name, asked in needed.items():
        if asked is not None:
            msg = f"{name}= needs rows, and only moments were given"
            raise ExperimentError(msg, column="users", hint="pass the rows, or leave the argument out")
    roles = {
        "outcome": request.outcome,
        "denominator": request.denominator,
        "exposed": request.exposed,
        "value": request.value,
        "cost": request.cost_column,
        **{COVARIATE + name: name for name in request.covariates},
    }
    roles = {role: name for role, name in roles.items() if name is not None}
    groups: dict[Group, Moments] = {}
    for arm, part in users.items():
        places = [part.at(str(name)) for name in roles.values()]
        groups[label_of(arm), "", 0] = Moments(
            tuple(roles),
            part.n,
            part.mean[places],
            part.cross[np.ix_(places, places)],
            part.third[places],
            part.low[places],
            part.high[places],
        )
    return Tallied(groups, tuple(label_of(arm) for arm in users), ())


def _refuse_arms(tallied: Tallied, request: Request) -> None:
    if not tallied.groups:
        msg = "the table of users has no rows"
        raise ExperimentError(msg, column="users", hint="one row a user, with the arm it was assigned to")
    counts = counts_of(tallied.groups, tallied.arms)
    present = [arm for arm, n in counts.items() if n]
    for arm in request.arms:
        if arm not in present:
            shown = ", ".join(f"{name!r} ({counts[name]:,})" for name in present[:10])
            side = "holdout" if arm == request.holdout else "treatment"
            others = [name for name in present if name not in request.arms]
            guess = nearest(arm, others) or (others[0] if others else None)
            hint = (
                f"{side}={guess!r}"
                if guess is not None
                else "both arms must be in the table, also users without any outcome"
            )
            msg = f"no user is in the arm {arm!r}; the column has {shown}"
            raise ExperimentError(msg, column=request.assigned, hint=hint)
    others = [arm for arm in present if arm not in request.arms]
    if others:
        msg = f"some users are in the arm {others[0]!r}, which is neither treatment nor holdout"
        hint = f"treatment={[*request.treatments, *others]!r}, or leave these users out on purpose"
        raise ExperimentError(msg, column=request.assigned, count=counts[others[0]], hint=hint)
    fewest = FEWEST if request.cluster is None else FEWEST_CLUSTERS
    what = "users" if request.cluster is None else "clusters"
    for arm in request.arms:
        if counts[arm] < fewest:
            msg = f"the arm {arm!r} has {counts[arm]} {what}, too few to tell chance from effect"
            raise ExperimentError(
                msg,
                column=request.assigned,
                hint=f"{fewest} {what} an arm are the least; plan_holdout tells how many it takes",
            )


def _refuse_numbers(tallied: Tallied, request: Request) -> None:
    whole = total(part for key, part in tallied.groups.items() if key[0] in request.arms)
    place = whole.at("outcome")
    if whole.cross[place, place] <= 0:
        value = whole.mean[place] if SIZE not in whole.names else whole.mean[place] / whole.mean[-1]
        msg = f"the outcome is {value:g} for everybody"
        why = "without variation there is no effect to find and no error to measure it by"
        raise ExperimentError(
            msg, column=request.outcome, why=why, hint="check the join that brought the outcomes to the users"
        )
    for name in request.covariates:
        place = whole.at(COVARIATE + name)
        if whole.cross[place, place] <= 1e-20 * max(whole.n * whole.mean[place] ** 2, 1e-300):
            msg = f"the covariate is {whole.mean[place]:g} for everybody, so that it explains nothing"
            raise ExperimentError(msg, column=name, hint=f"covariate= without {name!r}")
