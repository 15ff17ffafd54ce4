"""Which conversions make two models disagree: their paths, by the credit that moves."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from attribution._checks import whole
from attribution._typing import Floats, Ints
from attribution.crediting import attribute
from attribution.errors import ModelError
from attribution.journeys.journeys import NONE, Journeys
from attribution.journeys.paths import path_texts
from attribution.kernels.path_identity import distinct_paths
from attribution.kernels.ragged import expand
from attribution.models.registry import ModelSpec, labelled
from attribution.stats.sums import sums_by
from attribution.tables.columns import Dimension

if TYPE_CHECKING:
    import pandas as pd

_PATH = "(path)"  # a dimension beside those of the log


def driving_paths(
    journeys: Journeys, first: ModelSpec, second: ModelSpec, *, top: int | None = 10
) -> pd.DataFrame:
    """Return the paths on which two models differ most.

    Each model divides the conversions of a path over its channels; what the path moves is half the sum of the
    absolute differences. Rules divide path by path. Markov and Shapley credit whole channels: here the
    conversions of a path are divided in proportion to the model's breakdown by path. What moves one way on
    one path and back on another cancels in the channels' table (`Credit.compare`).

    Parameters
    ----------
    journeys
        The journeys to credit.
    first, second
        The models, as `attribute` takes them; a model that learns is fitted on these journeys.
    top
        How many paths to return; None returns all that move credit.

    Returns
    -------
    pandas.DataFrame
        Columns ``path``, ``conversions``, ``moved`` (conversions that the second model credits to other
        channels than the first), ``part`` (of all that moves), ``from`` and ``to``: the channels that lose
        and gain most on the path from the first model to the second. Sorted by ``moved``.

    Raises
    ------
    ModelError
        If a model is unknown, or the two are the same.

    Examples
    --------
    >>> import attribution as at
    >>> journeys = at.read_paths({"path": ["ad > email", "email", "ad"], "conversions": [3, 2, 1]})
    >>> at.driving_paths(journeys, "first_touch", "last_touch")
             path  conversions  moved  part from     to
    0  ad > email          3.0    3.0   1.0   ad  email
    """
    import pandas as pd

    if top is not None:
        whole(top, "top", error=ModelError)
    models = labelled([first, second])
    converted = np.flatnonzero(journeys.converted & (journeys.lengths > 0))
    claimed = journeys.take(converted)
    number, example = distinct_paths(claimed.channel, claimed.offsets)
    codes = np.full(len(journeys), -1, np.int32)
    codes[converted] = number
    width = len(str(len(example)))
    labels = tuple(f"{place:0{width}d}" for place in range(len(example)))
    by_path = replace(journeys, journey_dims=(*journeys.journey_dims, Dimension(_PATH, labels, codes)))
    credit = attribute(by_path, models, by=("channel", _PATH))
    # A channel that touched no conversion may have credit, and is on none of these paths.
    cells = np.flatnonzero(credit.attributed & (credit.keys[1] != NONE))
    path = credit.keys[1][cells].astype(np.int64)
    counted = sums_by(number, claimed.weights, len(example))
    one, other = (_divided(line, path, counted) for line in credit.conversions[:, cells])
    gain = other - one
    moved = sums_by(path, np.abs(gain), len(example)) / 2
    rounding = 1e-12 * max(1.0, float(counted.sum()))
    order = np.lexsort([np.arange(len(example)), -moved])
    order = order[moved[order] > rounding][:top]
    # The cell of each path that loses most comes first when cells are sorted by gain within paths.
    sorted_cells = np.lexsort([gain, path])
    ends = np.append(np.searchsorted(path[sorted_cells], np.arange(len(example))), len(path))
    names = credit.keys[0][cells][sorted_cells]
    index, offsets = expand(*(claimed.offsets[example[order] + end] for end in (0, 1)))
    texts = path_texts(journeys.channels, claimed.channel[index], offsets, " > ")
    return pd.DataFrame(
        {
            "path": texts.astype(object),
            "conversions": counted[order],
            "moved": moved[order],
            "part": moved[order] / moved.sum() if len(order) else moved[order],
            "from": names[ends[order]],
            "to": names[ends[order + 1] - 1],
        }
    )


def _divided(line: Floats, path: Ints, conversions: Floats) -> Floats:
    """Scale the credit of each cell so that the cells of a path sum to its conversions."""
    n = len(conversions)
    size = np.abs(line)  # as breakdowns do, which split a conversion by the size of effects
    whole = sums_by(path, size, n)
    equal = 1.0 / np.bincount(path, minlength=n)[path]
    shares = np.divide(size, whole[path], out=equal, where=whole[path] > 0)
    divided: Floats = shares * conversions[path]
    return divided
