"""Samples, and simulated logs and experiments whose true effects are known."""

from __future__ import annotations

from attribution.datasets.dataset import Dataset
from attribution.datasets.geo import simulate_geo
from attribution.datasets.geo_dataset import GeoDataset
from attribution.datasets.samples import SAMPLES, load_sample
from attribution.datasets.simulation import simulate
from attribution.datasets.worlds import WORLDS, Process

__all__ = ["SAMPLES", "WORLDS", "Dataset", "GeoDataset", "Process", "load_sample", "simulate", "simulate_geo"]
