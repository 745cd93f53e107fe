"""The way through: a map and settings in, one Dataset out."""

from didymos.workflow.analysis import Analysis, analyze, run
from didymos.workflow.application import apply
from didymos.workflow.comparison import compare
from didymos.workflow.comparison_settings import ComparisonSettings
from didymos.workflow.pairs import pair_statistics
from didymos.workflow.settings import Settings

__all__ = ["Analysis", "ComparisonSettings", "Settings", "analyze", "apply", "compare", "pair_statistics", "run"]
