"""The way through: a map and settings in, one Dataset out; the five steps can be called alone."""

from typing import TYPE_CHECKING

from didymos.schema.lazy import lazily

if TYPE_CHECKING:
    from didymos.workflow.analysis import Analysis, analyze, run
    from didymos.workflow.application import apply
    from didymos.workflow.comparison import compare
    from didymos.workflow.comparison_settings import ComparisonSettings
    from didymos.workflow.evidence import find_evidence
    from didymos.workflow.features import fit_metric
    from didymos.workflow.marks import Marks
    from didymos.workflow.pairs import pair_statistics
    from didymos.workflow.points import prepare
    from didymos.workflow.regions import find_regions
    from didymos.workflow.settings import Settings
    from didymos.workflow.similarity import similarity_of
    from didymos.workflow.taught import Taught
    from didymos.workflow.teaching import Teacher
    from didymos.workflow.twins import train_twins

__all__ = [
    "Analysis",
    "ComparisonSettings",
    "Marks",
    "Settings",
    "Taught",
    "Teacher",
    "analyze",
    "apply",
    "compare",
    "find_evidence",
    "find_regions",
    "fit_metric",
    "pair_statistics",
    "prepare",
    "run",
    "similarity_of",
    "train_twins",
]

__getattr__, __dir__ = lazily(
    __name__,
    {
        "analysis": (
            "Analysis",
            "analyze",
            "run",
        ),
        "application": ("apply",),
        "comparison": ("compare",),
        "comparison_settings": ("ComparisonSettings",),
        "evidence": ("find_evidence",),
        "features": ("fit_metric",),
        "marks": ("Marks",),
        "pairs": ("pair_statistics",),
        "points": ("prepare",),
        "regions": ("find_regions",),
        "settings": ("Settings",),
        "similarity": ("similarity_of",),
        "taught": ("Taught",),
        "teaching": ("Teacher",),
        "twins": ("train_twins",),
    },
)
