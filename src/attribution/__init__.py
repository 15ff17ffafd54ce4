"""From a touch log to per-channel credit and ROI, with experiments beside it.

::

     touch log, conversions          spend            experiment outcomes
            |                          |                      |
       1 eventlog   read, check        |               experiments
            |       group channels     |        plan, assign, analyse holdouts
       2 journeys   lookback windows   |                      |
            |                          |                      |
       3 models     tally + merge      |                      |
            |       solve -> Credit    |                      |
            +------------+-------------+----------------------+
                         |
       4 credit     who gets how much, how sure, against what it cost, calibrated by what experiments caused
                         |
       5 report     tables, plots, one HTML file; regression check; jobs

``import attribution as at`` loads nothing heavy: every public name below is imported from its module
when it is first used (PEP 562). docs/architecture.md tells what each module is for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from attribution import datasets as datasets
    from attribution.calibration.calibrate import calibrate as calibrate
    from attribution.calibration.evidence import Evidence as Evidence
    from attribution.counting import path_counts as path_counts
    from attribution.credit.costs import Costs as Costs
    from attribution.credit.credit import Credit as Credit
    from attribution.crediting import attribute as attribute
    from attribution.datasets import load_sample as load_sample
    from attribution.engines.increments.increments import Increments as Increments
    from attribution.engines.memory import Memory as Memory
    from attribution.engines.spark.spark import Spark as Spark
    from attribution.engines.stream.stream import Stream as Stream
    from attribution.errors import AttributionError as AttributionError
    from attribution.evaluation.driving import driving_paths as driving_paths
    from attribution.evaluation.synergy import synergy as synergy
    from attribution.eventlog.channels import ChannelRule as ChannelRule
    from attribution.eventlog.eventlog import EventLog as EventLog
    from attribution.eventlog.read import read_log as read_log
    from attribution.eventlog.schema import LogSchema as LogSchema
    from attribution.experiments.geo.analyze import analyze_geo as analyze_geo
    from attribution.experiments.geo.plan import plan_geo as plan_geo
    from attribution.experiments.geo.trimming import TrimmedMatch as TrimmedMatch
    from attribution.experiments.holdout.aa import aa_holdout as aa_holdout
    from attribution.experiments.holdout.assign import assign_holdout as assign_holdout
    from attribution.experiments.holdout.holdout import analyze_holdout as analyze_holdout
    from attribution.experiments.holdout.plan import plan_holdout as plan_holdout
    from attribution.experiments.shared.lift import Estimate as Estimate
    from attribution.experiments.shared.lift import Lift as Lift
    from attribution.jobs.config import load_config as load_config
    from attribution.jobs.forgetting import forget as forget
    from attribution.jobs.pipeline import run as run
    from attribution.journeys.build import build_journeys as build_journeys
    from attribution.journeys.journeys import Journeys as Journeys
    from attribution.journeys.read_paths import read_paths as read_paths
    from attribution.models.bagged_logistic import BaggedLogistic as BaggedLogistic
    from attribution.models.hazard import AdditiveHazard as AdditiveHazard
    from attribution.models.markov import Markov as Markov
    from attribution.models.probabilistic import Probabilistic as Probabilistic
    from attribution.models.rules import CustomRule as CustomRule
    from attribution.models.rules import FirstTouch as FirstTouch
    from attribution.models.rules import LastNonDirect as LastNonDirect
    from attribution.models.rules import LastTouch as LastTouch
    from attribution.models.rules import Linear as Linear
    from attribution.models.rules import TimeDecay as TimeDecay
    from attribution.models.shapes import FullPath as FullPath
    from attribution.models.shapes import InverseJ as InverseJ
    from attribution.models.shapes import JShaped as JShaped
    from attribution.models.shapes import PositionBased as PositionBased
    from attribution.models.shapes import UShaped as UShaped
    from attribution.models.shapes import WShaped as WShaped
    from attribution.models.shapley import Shapley as Shapley
    from attribution.observing import outcomes as outcomes
    from attribution.regression.compare import check as check
    from attribution.regression.store import save_baseline as save_baseline
    from attribution.reporting.html import report as report

__version__ = "0.1.0"

# Where each public name lives. A new name is a line here and, for type checkers, its twin above
# (tests/contracts holds the two together).
_HOME = {
    "AdditiveHazard": "attribution.models.hazard",
    "AttributionError": "attribution.errors",
    "BaggedLogistic": "attribution.models.bagged_logistic",
    "ChannelRule": "attribution.eventlog.channels",
    "Costs": "attribution.credit.costs",
    "Credit": "attribution.credit.credit",
    "CustomRule": "attribution.models.rules",
    "Estimate": "attribution.experiments.shared.lift",
    "EventLog": "attribution.eventlog.eventlog",
    "Evidence": "attribution.calibration.evidence",
    "FirstTouch": "attribution.models.rules",
    "FullPath": "attribution.models.shapes",
    "Increments": "attribution.engines.increments.increments",
    "InverseJ": "attribution.models.shapes",
    "JShaped": "attribution.models.shapes",
    "Journeys": "attribution.journeys.journeys",
    "LastNonDirect": "attribution.models.rules",
    "LastTouch": "attribution.models.rules",
    "Lift": "attribution.experiments.shared.lift",
    "Linear": "attribution.models.rules",
    "LogSchema": "attribution.eventlog.schema",
    "Markov": "attribution.models.markov",
    "Memory": "attribution.engines.memory",
    "PositionBased": "attribution.models.shapes",
    "Probabilistic": "attribution.models.probabilistic",
    "Shapley": "attribution.models.shapley",
    "Spark": "attribution.engines.spark.spark",
    "Stream": "attribution.engines.stream.stream",
    "TimeDecay": "attribution.models.rules",
    "TrimmedMatch": "attribution.experiments.geo.trimming",
    "UShaped": "attribution.models.shapes",
    "WShaped": "attribution.models.shapes",
    "aa_holdout": "attribution.experiments.holdout.aa",
    "analyze_geo": "attribution.experiments.geo.analyze",
    "analyze_holdout": "attribution.experiments.holdout.holdout",
    "assign_holdout": "attribution.experiments.holdout.assign",
    "attribute": "attribution.crediting",
    "build_journeys": "attribution.journeys.build",
    "calibrate": "attribution.calibration.calibrate",
    "check": "attribution.regression.compare",
    "datasets": "",  # a module, public as a whole
    "driving_paths": "attribution.evaluation.driving",
    "forget": "attribution.jobs.forgetting",
    "load_config": "attribution.jobs.config",
    "load_sample": "attribution.datasets",
    "outcomes": "attribution.observing",
    "path_counts": "attribution.counting",
    "plan_geo": "attribution.experiments.geo.plan",
    "plan_holdout": "attribution.experiments.holdout.plan",
    "read_log": "attribution.eventlog.read",
    "read_paths": "attribution.journeys.read_paths",
    "report": "attribution.reporting.html",
    "run": "attribution.jobs.pipeline",
    "save_baseline": "attribution.regression.store",
    "synergy": "attribution.evaluation.synergy",
}

__all__ = ["__version__", *_HOME]  # noqa: PLE0604 (all strings; the linter reads literals only)


if not TYPE_CHECKING:  # type checkers see the imports above, and so find misspelt names

    def __getattr__(name: str) -> Any:
        home = _HOME.get(name)
        if home is None:
            msg = f"module 'attribution' has no attribute {name!r}"
            raise AttributeError(msg)
        value = getattr(import_module(home), name) if home else import_module(f"attribution.{name}")
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted(__all__)
