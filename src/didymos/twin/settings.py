"""How a twin network is trained."""

from __future__ import annotations

from dataclasses import dataclass

LOSSES = ("contrastive",)
"""Names of the losses of :mod:`didymos.twin.loss`."""


@dataclass(frozen=True)
class TrainingSettings:
    """How a twin network is trained.

    Attributes
    ----------
    layers : tuple of int
        Sizes of the layers, the last one the size of the embedding.
    activation : str
        A key of :data:`didymos.twin.encoder.ACTIVATIONS`.
    loss : str
        A key of :data:`didymos.twin.loss.LOSSES`.
    margin : float
        Margin m of the loss.
    margin_grows : bool
        Whether the margin of a dissimilar pair is m d_ij / threshold instead of m, so that the order of distances
        beyond the threshold survives in the embedding; False is the paper's loss. Without distances it is m.
    batch : int
        Spectra in a batch; all their pairs are used.
    stretch : int
        Steps between two looks at the held-out pairs.
    stretches : int
        Most stretches.
    patience : int
        Stretches without a better held-out loss before training stops.
    learning_rate : float
        First step size of Adam; it falls to a tenth by the end.
    """

    layers: tuple[int, ...] = (20, 5, 2)
    activation: str = "tanh"
    loss: str = "contrastive"
    margin: float = 1.0
    margin_grows: bool = True
    batch: int = 128
    stretch: int = 50
    stretches: int = 30
    patience: int = 6
    learning_rate: float = 2e-2
