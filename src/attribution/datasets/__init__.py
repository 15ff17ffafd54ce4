"""Samples, and simulated logs and experiments whose true effects are known."""

from __future__ import annotations

from attribution.datasets.dataset import Dataset
from attribution.datasets.samples import SAMPLES, load_sample
from attribution.datasets.simulation import simulate

__all__ = ["SAMPLES", "Dataset", "load_sample", "simulate"]
