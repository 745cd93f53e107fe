"""The twin network: similarity of spectra learnt from pairs."""

from didymos.twin.embedding import TwinEmbedding
from didymos.twin.model import TwinModel, load_model, save_model
from didymos.twin.score import TwinScore

__all__ = ["TwinEmbedding", "TwinModel", "TwinScore", "load_model", "save_model"]
