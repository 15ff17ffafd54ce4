"""A holdout that was read: its groups, its checks, and the lifts of its arms and segments."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import Any

import numpy as np

from attribution._typing import Floats
from attribution.diagnostics import CheckResult, CheckResults
from attribution.errors import ExperimentError
from attribution.experiments.holdout.arm import (
    Arm,
    Pair,
    best_slopes,
    cuped,
    pooled_slopes,
    refuse_denominator,
)
from attribution.experiments.holdout.blocking_checks import COVARIATE, judge
from attribution.experiments.holdout.comparison import Context
from attribution.experiments.holdout.events import FEW, far_from_normal, thin
from attribution.experiments.holdout.everybody import assigned_users, users_of_arm
from attribution.experiments.holdout.heavy_units import Far, Scale
from attribution.experiments.holdout.holdout_lift import compose
from attribution.experiments.holdout.holdout_request import Request
from attribution.experiments.holdout.lin import Comparison, Jobs, Regressions, lin
from attribution.experiments.holdout.metrics import capped, of_moments, roles, spec_of
from attribution.experiments.holdout.moments import Moments, total
from attribution.experiments.holdout.placebo import placebo_check, placebo_request
from attribution.experiments.holdout.reference import reference
from attribution.experiments.holdout.refusals import (
    FEWEST,
    cap_of,
    refuse_arms,
    refuse_numbers,
    without_empty,
)
from attribution.experiments.holdout.tally import SIZE, Group, Tallied
from attribution.experiments.holdout.users import Users, users_of
from attribution.experiments.shared.lift import Lift, Lifts
from attribution.language.sentence import Sentence
from attribution.stats.multiplicity import adjust
from attribution.stats.rerandomised import Reference


@dataclass(frozen=True, eq=False)
class Experiment:
    """What was asked, what was found, and the rows for those who need them again.

    Attributes
    ----------
    request
        What was asked, of one of its outcomes.
    found
        Moments of all metrics by arm, segment and exposure.
    tallied
        Those of the request's outcome, under the names of their roles.
    regressions
        The arms' regressions by treatment and segment, where they were asked for.
    checks
        Results of the checks.
    caps
        Where each outcome was capped.
    by_rows
        Whether there were rows, not only sufficient statistics.
    far
        Reads the units that decide the error, once they are wanted; None without rows.
    """

    request: Request
    found: Tallied
    tallied: Tallied
    regressions: Mapping[tuple[str, str | None], Regressions]
    checks: CheckResults
    caps: Mapping[str, float]
    by_rows: bool
    far: Callable[[], Far] | None = None

    @classmethod
    def read(cls, users: Any, request: Request, given: Sequence[CheckResult]) -> Experiment:
        """Read the users once, or twice for regressions, and check them.

        Raises
        ------
        ExperimentError
            As `analyze_holdout`.
        """
        source: Users | None = None
        caps: dict[str, float] = {}
        if isinstance(users, Mapping) and users and all(isinstance(part, Moments) for part in users.values()):
            found = of_moments(users, request)
        else:
            source = users_of(users)
            spec = spec_of(source, request)
            if request.winsorise is not None:
                caps = {name: cap_of(source, name, request.winsorise) for name in request.outcomes}
                spec = capped(spec, caps)
            with np.errstate(over="ignore", invalid="ignore"):  # what is not finite is refused below
                found = source.tally(spec)
        refuse_arms(found, request)
        with np.errstate(over="ignore", invalid="ignore"):
            request, empty = without_empty(found, request)
            for outcome in request.outcomes:
                one = replace(request, outcome=outcome)
                refuse_numbers(found.under(roles(one)), one)
        tallied = found.under(roles(request))
        checks = judge(
            tallied,
            request.arms,
            holdout=request.holdout,
            design=request.design,
            shares=request.shares,
            segment=request.segment,
            covariates=tuple(COVARIATE + name for name in request.covariates),
            has_exposure=request.exposed is not None,
            given=[*empty, *given],
            despite=request.despite,
        )
        if request.assignment is not None:
            present = {
                arm: sum(users_of_arm(part) for key, part in tallied.groups.items() if key[0] == arm)
                for arm in request.arms
            }
            checks.extend(assigned_users(present, request.assignment))
        far = None if source is None else cache(partial(source.far, spec, Scale.of(found.groups)))
        read = cls(request, found, tallied, {}, checks, caps, source is not None, far)
        if request.placebos:
            checks.append(read.placebo())
        if not request.regressed:
            return read
        robust = None if source is None else partial(source.robust, spec)
        return replace(read, regressions=read.regressed(robust))

    def placebo(self) -> CheckResult:
        """Return what the treatments seem to have done to outcomes from before the test."""
        lifts: list[tuple[str, Lift | None]] = []
        for outcome in self.request.placebos:
            asked = placebo_request(self.request, outcome)
            one = replace(self, request=asked, tallied=self.found.under(roles(asked)), checks=CheckResults())
            for treatment in asked.treatments:
                context = one.context(treatment, None)
                named = outcome if len(asked.treatments) == 1 else f"{outcome} in {treatment}"
                place = context.sides[0].at("outcome")
                varies = any(side.cross[place, place] > 0 for side in context.sides)
                told = varies and (context.varies or context.scored)
                lifts.append((named, compose(context, asked.alpha) if told else None))
        return placebo_check(lifts)

    def of(self, outcome: str) -> Experiment:
        """Return the same experiment, looked at for another outcome."""
        request = replace(self.request, outcome=outcome)
        return replace(self, request=request, tallied=self.found.under(roles(request)))

    def regressed(self, robust: Callable[[Jobs], list[Floats]] | None) -> dict[Any, Regressions]:
        """Return the arms' regressions for every comparison that has users enough.

        Raises
        ------
        ExperimentError
            If an arm has too few users for the covariates.
        """
        request, covariates = self.request, tuple(COVARIATE + name for name in self.request.covariates)
        comparisons: dict[tuple[str, str | None], Comparison] = {}
        for treatment in request.treatments:
            for label in (None, *self.tallied.segments):
                smallest = min(self._sizes(treatment, label))
                if label is not None and smallest < self._fewest:
                    continue
                if smallest < len(covariates) + 3:
                    msg = f"{smallest} users in an arm are too few for {len(covariates)} covariates"
                    raise ExperimentError(msg, column="covariate", hint="covariate=None, or fewer of them")
                compared = [set(self._compared(arm, label)) for arm in (treatment, request.holdout)]
                comparisons[treatment, label] = (compared[0], compared[1])
        return lin(self.found.groups, comparisons, covariates, robust)

    def outcomes(self) -> Lifts:
        """Return the lift of every outcome: the first by itself, the others tested as a family."""
        treatment, (first, *others) = self.request.treatments[0], self.request.outcomes
        primary = self.lift(treatment)
        family = self._family("outcome", {name: self.of(name).context(treatment, None) for name in others})
        lifts = {name: self.of(name).with_segments(treatment, lift) for name, lift in family.lifts.items()}
        return replace(
            family,
            lifts={first: primary, **lifts},
            adjusted={first: primary.p_value, **family.adjusted},
            primary=first,
        )

    def arms(self) -> Lifts:
        """Return the lift of every treatment, tested as a family."""
        pairs = {name: self.context(name, None) for name in self.request.treatments}
        family = self._family("arm", pairs)
        lifts = {name: self.with_segments(name, lift) for name, lift in family.lifts.items()}
        return replace(family, lifts=lifts)

    def lift(self, treatment: str) -> Lift:
        """Return the lift of one treatment, with its segments."""
        return self.with_segments(treatment, compose(self.context(treatment, None), self.request.alpha))

    def with_segments(self, treatment: str, lift: Lift) -> Lift:
        """Return the lift of a treatment with those of its segments, where they were asked for."""
        if self.request.segment is None:
            return lift
        found, short = {}, []
        for label in self.tallied.segments:
            if min(self._sizes(treatment, label)) < self._fewest:
                short.append(label)
            else:
                context = self.context(treatment, label)
                if context is None or not context.varies:
                    short.append(label)
                else:
                    found[label] = context
        notes = list(lift.details.get("notes", ()))
        if short:
            shown: Any = tuple(short[:5])
            if len(short) > 5:
                shown = Sentence("and", first=shown, last=Sentence("more", n=len(short) - 5))
            notes.append(Sentence("note.short_segments", segments=shown))
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

    @property
    def _fewest(self) -> int:
        """Return the fewest users of an arm in a segment; regressions need more than they have slopes."""
        return max(FEWEST, len(self.request.covariates) + 3 if self.request.regressed else 0)

    def _groups(self, arm: str, segment: str | None) -> list[Group]:
        return [
            key for key in self.tallied.groups if key[0] == arm and (segment is None or key[1] == segment)
        ]

    def _sizes(self, treatment: str, segment: str | None) -> list[int]:
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
        if request.denominator is not None:
            for side in sides:
                refuse_denominator(float(side.mean[side.at("denominator")]))
        unused = self._unused(sides)
        if unused:
            request = replace(request, covariates=())
        context = Context(
            request=request,
            treatment=treatment,
            sides=(sides[0], sides[1]),
            everyone=(whole[0], whole[1]),
            pair=self._pair(treatment, segment, sides, request),
            checks=self.checks,
            cap=self.caps.get(request.outcome),
            robust=self.by_rows,
            unused=unused,
        )
        return replace(context, references=self._references(context, compared))

    def _unused(self, sides: Sequence[Moments]) -> tuple[str, ...]:
        """Return the covariates, where events are too few to tell what they explain."""
        request = self.request
        if not request.covariates or request.sequential is not None:
            return ()
        whole = sides[0] + sides[1]
        fewest = min(side.n for side in sides)
        few = thin(whole, "outcome", fewest / whole.n) and fewest >= 2 * FEW
        ratio = request.denominator is not None and far_from_normal(sides, "outcome")
        return request.covariates if few or ratio else ()

    def _references(self, context: Context, compared: Sequence[Sequence[Group]]) -> dict[str, Reference]:
        request = context.request
        if self.far is None or request.sequential is not None:
            return {}
        wanted = [] if context.scored else ["outcome"]
        wanted += [] if request.value is None else ["value"]
        wanted = [name for name in wanted if context.short(name) and context.pair.difference(name)[1] > 0]
        if not wanted:
            return {}
        found, metrics = self.far(), roles(self.request)
        names = next(iter(self.found.groups.values())).names
        places = [names.index(metric) for metric in metrics.values()]
        units = [found[group] for keys in compared for group in keys if group in found]
        return {
            name: reference(
                context.sides,
                np.hstack(units)[places],
                name,
                denominator=name == "outcome" and request.denominator is not None,
                covariates=tuple(COVARIATE + one for one in request.covariates),
                pooled=request.pooled,
            )
            for name in wanted
        }

    def _pair(self, treatment: str, segment: str | None, sides: Sequence[Moments], request: Request) -> Pair:
        covariates = tuple(COVARIATE + name for name in request.covariates)
        if not covariates:
            return Pair.of(*sides, pooled=request.pooled)
        if request.regressed:
            return self.regressions[treatment, segment].pair(roles(request))
        treated, control = (Arm.of(side) for side in sides)
        if SIZE in sides[0].names:
            return cuped(treated, control, best_slopes(treated, control, covariates), covariates)
        return cuped(treated, control, pooled_slopes(total(sides), covariates), covariates)
