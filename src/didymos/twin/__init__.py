"""The twin network: similarity of spectra learnt from pairs."""

from didymos.twin.embedding import TwinEmbedding
from didymos.twin.score import TwinScore
from didymos.twin.storage import TwinModel, load_model, save_model

__all__ = ["TwinEmbedding", "TwinModel", "TwinScore", "load_model", "save_model"]
