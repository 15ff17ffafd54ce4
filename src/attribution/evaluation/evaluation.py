"""Evaluation: how far each model's credit is from what channels caused."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from attribution import _draw
from attribution._checks import one_of
from attribution._display import Display
from attribution._typing import Floats
from attribution.errors import CreditError
from attribution.evaluation import scores

if TYPE_CHECKING:
    import pandas as pd

    from attribution._draw import Axes

_CLEAR = 2.0  # standard errors of a difference


@dataclass(frozen=True, eq=False, repr=False)
class Evaluation(Display):
    """Models against what channels caused, of M models and n channels.

    Attributes
    ----------
    models, channels
        Their names.
    credit
        What each model gives, in conversions, shape (M, n).
    low, high
        Its 95% interval, where the credit has replicates, else None.
    truth
        What channels caused, shape (n,); of experiments what these found.
    cost
        Spend, shape (n,), NaN where it is not known.
    total
        All conversions of the log.
    rho
        How effects grow with spend.
    errors
        Of experiments their standard errors, shape (n,); None for a truth.
    scores
        Of experiments the log density of each under the others, shape (M, n); None for a truth.
    """

    models: tuple[str, ...]
    channels: tuple[str, ...]
    credit: Floats
    low: Floats | None
    high: Floats | None
    truth: Floats
    cost: Floats
    total: float
    rho: float = 0.5
    errors: Floats | None = None
    scores: Floats | None = None

    def to_frame(self) -> pd.DataFrame:
        """Return one row a model, the least wrong first.

        Returns
        -------
        pandas.DataFrame
            Against a truth: ``model``; ``share_error``, half the sum of absolute differences of shares (0 to
            1); ``level``, all credit over all that was caused; ``absolute_error``, the sum of absolute
            differences over all conversions; and with spend ``rank`` (Spearman's correlation of return on
            spend), ``budget_regret`` (what a budget split by the credit loses of what the best one brings),
            ``cut_regret`` (what is lost by cutting a fifth of the spend by it, beyond the least possible).
            Negative credit counts as none in shares and splits; ``negative`` says of how many channels.
            Where nothing was caused, shares are missing and ``credited`` is the credit over all conversions.

            Against experiments: ``model``; ``score``, the sum of the log densities of each experiment under
            the others; ``behind``, how far that is behind the best model's, and ``behind_error``, its
            standard error.
        """
        import pandas as pd

        if self.scores is not None:
            behind = self.scores[self._order()[0]] - self.scores
            n = len(self.channels)
            columns: dict[str, Any] = {"model": list(self.models), "score": self.scores.sum(axis=1)}
            columns |= {"behind": behind.sum(axis=1), "behind_error": np.sqrt(n * behind.var(axis=1, ddof=1))}
            return pd.DataFrame(columns).iloc[self._order()].reset_index(drop=True)
        rows = [self._scored(model, line) for model, line in zip(self.models, self.credit, strict=True)]
        return pd.DataFrame(rows).iloc[self._order()].reset_index(drop=True)

    def _scored(self, model: str, line: Floats) -> dict[str, Any]:
        truth, cost = self.truth, self.cost
        row: dict[str, Any] = {
            "model": model,
            "share_error": scores.share_error(line, truth),
            "level": scores.level(line, truth),
            "absolute_error": float(np.abs(line - truth).sum()) / self.total,
            "credited": float(line.sum()) / self.total,
            "negative": int((line < 0).sum()),
        }
        if np.isfinite(cost).all() and (cost > 0).all():
            split = scores.best_split(line, cost, self.rho)
            row["rank"] = scores.rank(line, truth, cost)
            row["budget_regret"] = scores.budget_regret(split, truth, cost, self.rho)
            row["cut_regret"] = scores.cut_regret(line, truth, cost)
        return row

    def _order(self) -> list[int]:
        """Return the models' places, the least wrong first; where nothing was caused, who credits least."""
        if self.scores is not None:
            return [int(place) for place in np.argsort(-self.scores.sum(axis=1), kind="stable")]
        wrong = np.array([scores.share_error(line, self.truth) for line in self.credit])
        wrong = np.where(np.isfinite(wrong), wrong, self.credit.sum(axis=1))
        return [int(place) for place in np.argsort(wrong, kind="stable")]

    def best(self) -> str:
        """Return the model that is least wrong by shares, or that predicts the experiments best.

        Returns
        -------
        str
        """
        return self.models[self._order()[0]]

    def present_regret(self) -> float:
        """Return what the present split of spend loses of what the best one would bring; NaN without spend.

        Returns
        -------
        float
            The row "do nothing" beside ``budget_regret``.
        """
        if not np.isfinite(self.cost).all():
            return float("nan")
        return scores.budget_regret(self.cost, self.truth, self.cost, self.rho)

    def bias(self) -> pd.DataFrame:
        """Return one row a model and channel: how far its credit is off.

        Returns
        -------
        pandas.DataFrame
            ``model``, ``channel``, ``credit``, ``truth``, ``error`` (credit less truth); with replicates
            ``error_ci_low``, ``error_ci_high`` (of the credit's own uncertainty) and ``covered``, whether
            the interval of the credit holds the truth; of experiments ``truth_error``, their standard error.
        """
        import pandas as pd

        n, m = len(self.channels), len(self.models)
        truth = np.tile(self.truth, m)
        columns: dict[str, Any] = {
            "model": np.repeat(np.array(self.models, object), n),
            "channel": list(self.channels) * m,
            "credit": self.credit.ravel(),
            "truth": truth,
            "error": self.credit.ravel() - truth,
        }
        if self.low is not None and self.high is not None:
            low, high = self.low.ravel(), self.high.ravel()
            columns |= {"error_ci_low": low - truth, "error_ci_high": high - truth}
            columns["covered"] = (low <= truth) & (truth <= high)
        if self.errors is not None:
            columns["truth_error"] = np.tile(self.errors, m)
        return pd.DataFrame(columns)

    def summary(self) -> str:
        """Return what was found, in words; nothing is printed.

        Returns
        -------
        str
        """
        frame = self.to_frame()
        return self._of_tests(frame) if self.scores is not None else self._of_truth(frame)

    def _of_tests(self, frame: pd.DataFrame) -> str:
        best, *others = frame.to_dict("records")
        if not others:
            return f"One model, {best['model']}: experiments choose between several."
        second = others[0]
        told = (
            f"Your {len(self.channels)} experiments favour {best['model']} over {second['model']} by "
            f"{second['behind']:.2f} (standard error {second['behind_error']:.2f})"
        )
        behind = [str(row["model"]) for row in others if row["behind"] > _CLEAR * row["behind_error"]]
        tail = "." if second["model"] in behind else ": too little to choose by."
        last = f" Clearly behind: {', '.join(behind)}." if behind else ""
        return f"{told}{tail}{last} Differences are of log density; calibrate with the model, and test on."

    def _of_truth(self, frame: pd.DataFrame) -> str:
        best, worst = frame.iloc[0], frame.iloc[-1]
        if np.isnan(best["share_error"]):
            least = f"{best['model']} {best['credited']:.0%}"
            return f"Nothing was caused, and every model credits it: least {least} of all conversions."
        told = (
            f"In this world {best['model']} is least wrong: {best['share_error']:.0%} of credit is at the "
            f"wrong channel, and credit is {best['level']:.1f} times what {len(self.channels)} channels "
            "caused."
        )
        if len(frame) > 1:
            told += f" Most wrong is {worst['model']} ({worst['share_error']:.0%})."
        return f"{told} In other worlds other models are: docs/models.md has sixteen."

    def plot(self, kind: Literal["models", "bias"] = "models", *, ax: Axes | None = None) -> Axes:
        """Draw the models, or what each gives its channels too much.

        Parameters
        ----------
        kind
            ``"models"``: share error, or the score behind the best. ``"bias"``: credit less truth by channel
            of the least wrong model, with its interval.
        ax
            A matplotlib Axes to draw on; a new figure by default.

        Returns
        -------
        Axes
            The axes drawn on.

        Raises
        ------
        CreditError
            If there is no such kind.
        """
        one_of(kind, "kind", ("models", "bias"), error=CreditError)
        if kind == "bias":
            frame = self.bias()
            frame = frame[frame["model"] == self.best()]
            gap = np.full(len(frame), np.nan)
            ends = [frame.get(f"error_ci_{end}", gap) for end in ("low", "high")]
            colors = _draw.channel_colors(list(self.channels))
            return _draw.intervals(
                frame["channel"].tolist(),
                frame["error"].to_numpy(),
                np.asarray(ends[0], np.float64),
                np.asarray(ends[1], np.float64),
                [colors[name] for name in frame["channel"]],
                title=f"What {self.best()} gives its channels too much",
                axis="credited less caused, conversions",
                tick=lambda value: f"{value:,.10g}",
                ax=ax,
            )
        frame = self.to_frame()
        of_tests = self.scores is not None
        values = frame["behind" if of_tests else "share_error"].to_numpy(np.float64)
        return _draw.bars(
            frame["model"].tolist(),
            values[np.newaxis],
            [_draw.PALETTE[0]] * len(frame),
            series=["models"],
            title="How far models are behind the best, by experiments"
            if of_tests
            else "Credit at the wrong channel",
            axis="log density" if of_tests else "share error",
            tick=(lambda value: f"{value:.10g}") if of_tests else (lambda value: f"{value:.0%}"),
            texts=[f"{value:.2f}" if of_tests else f"{value:.0%}" for value in values],
            ax=ax,
        )

    def _title(self) -> str:
        against = "experiments" if self.scores is not None else "a known truth"
        return f"{len(self.models)} models against {against}, {len(self.channels)} channels"

    def _notes(self) -> tuple[str, ...]:
        return (self.summary(),)

    def _formats(self) -> Mapping[str, Callable[[Any], str]]:
        shares = ("share_error", "absolute_error", "credited", "budget_regret", "cut_regret")
        return {name: lambda value: f"{value:.0%}" for name in shares} | {
            name: lambda value: f"{value:.2f}"
            for name in ("level", "rank", "score", "behind", "behind_error")
        }
