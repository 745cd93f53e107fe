"""The twin network: similarity of spectra learnt from pairs."""

from typing import TYPE_CHECKING

from didymos.schema.lazy import lazily

if TYPE_CHECKING:
    from didymos.twin.embedding import TwinEmbedding
    from didymos.twin.model import TwinModel, load_model, save_model
    from didymos.twin.score import TwinScore

__all__ = ["TwinEmbedding", "TwinModel", "TwinScore", "load_model", "save_model"]

__getattr__, __dir__ = lazily(
    __name__,
    {
        "embedding": ("TwinEmbedding",),
        "model": (
            "TwinModel",
            "load_model",
            "save_model",
        ),
        "score": ("TwinScore",),
    },
)
