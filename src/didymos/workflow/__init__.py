"""The way through: a map and settings in, one Dataset out."""

from didymos.workflow.analysis import Analysis, analyze, run
from didymos.workflow.application import apply
from didymos.workflow.pairs import pair_statistics
from didymos.workflow.settings import Settings

__all__ = ["Analysis", "Settings", "analyze", "apply", "pair_statistics", "run"]
