"""Numerics of panels, geos by periods: counterfactuals of treated series, and inference on their gaps.

All modules share one convention. ``target`` is the treated series, shape (T,); ``donors`` are the control
series, shape (J, T), one row each; the first ``n_pre`` periods come before the test, all others are the test
window. An estimator of the counterfactual is any ``(target, donors, n_pre) -> (T,)``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from attribution._typing import Floats

Counterfactual: TypeAlias = Callable[[Floats, Floats, int], Floats]
