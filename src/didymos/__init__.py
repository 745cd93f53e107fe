"""didymos finds what is different in a hyperspectral map: similarity of spectra learnt from pairs by twin networks."""

import importlib
from typing import TYPE_CHECKING, Any

from didymos import schema

if TYPE_CHECKING:
    from didymos import plots, simulate
    from didymos.io import open_map, open_result, open_truth, save_result
    from didymos.report import write, write_comparison
    from didymos.schema import InputError, spectral_map
    from didymos.twin import TwinEmbedding, TwinModel, TwinScore, load_model, save_model
    from didymos.workflow import Settings, analyze, apply, compare, pair_statistics

__version__ = schema.VERSION

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
    "load_model",
    "open_map",
    "open_result",
    "open_truth",
    "pair_statistics",
    "plots",
    "save_model",
    "save_result",
    "simulate",
    "spectral_map",
    "write",
    "write_comparison",
]

_HOMES = {
    "InputError": "schema",
    "Settings": "workflow",
    "TwinEmbedding": "twin",
    "TwinModel": "twin",
    "TwinScore": "twin",
    "analyze": "workflow",
    "apply": "workflow",
    "compare": "workflow",
    "load_model": "twin",
    "open_map": "io",
    "open_result": "io",
    "open_truth": "io",
    "pair_statistics": "workflow",
    "save_model": "twin",
    "save_result": "io",
    "spectral_map": "schema",
    "write": "report",
    "write_comparison": "report",
}


def __getattr__(name: str) -> Any:
    """Import a public name on first use: ``didymos info`` need not wait for the networks."""
    if name in ("plots", "simulate"):
        return importlib.import_module(f"didymos.{name}")
    if name in _HOMES:
        return getattr(importlib.import_module(f"didymos.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'didymos' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
