"""didymos finds what is different in a hyperspectral map: similarity of spectra learnt from pairs by twin networks."""

from typing import TYPE_CHECKING

from didymos.schema.lazy import lazily
from didymos.schema.names import VERSION

if TYPE_CHECKING:
    from didymos import io, plots, preparing, simulate
    from didymos.explorer import explore
    from didymos.io import open_map, open_result, open_truth, save_result
    from didymos.report import write, write_comparison
    from didymos.schema import InputError, spectral_map
    from didymos.twin import TwinEmbedding, TwinModel, TwinScore, load_model, save_model
    from didymos.workflow import Settings, analyze, apply, compare, pair_statistics

__version__ = VERSION

__all__ = [
    "InputError",
    "Settings",
    "TwinEmbedding",
    "TwinModel",
    "TwinScore",
    "__version__",
    "analyze",
    "apply",
    "compare",
    "explore",
    "io",
    "load_model",
    "open_map",
    "open_result",
    "open_truth",
    "pair_statistics",
    "plots",
    "preparing",
    "save_model",
    "save_result",
    "simulate",
    "spectral_map",
    "write",
    "write_comparison",
]

__getattr__, __dir__ = lazily(
    __name__,
    {
        "explorer": ("explore",),
        "io": ("open_map", "open_result", "open_truth", "save_result"),
        "report": ("write", "write_comparison"),
        "schema": ("InputError", "spectral_map"),
        "twin": ("TwinEmbedding", "TwinModel", "TwinScore", "load_model", "save_model"),
        "workflow": ("Settings", "analyze", "apply", "compare", "pair_statistics"),
    },
    modules=("io", "plots", "preparing", "simulate"),
)
