"""How a twin network is trained."""

from __future__ import annotations

from dataclasses import dataclass

LOSSES = ("contrastive",)
"""Names of the losses of :mod:`didymos.twin.training.loss`."""
ACTIVATIONS = ("elu", "gelu", "relu", "silu", "tanh")
"""Names of the activations of :mod:`didymos.twin.training.encoder`."""


@dataclass(frozen=True)
class TrainingSettings:
    """How a twin network is trained.

    Attributes
    ----------
    layers : tuple of int
        Sizes of the layers, the last one the size of the embedding.
    activation : str
        One of :data:`ACTIVATIONS`.
    loss : str
        A key of :data:`didymos.twin.training.loss.LOSSES`.
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
    tolerance : float
        Held-out loss, over the square of the margin, that is good enough: at 1e-4 similar spectra lie within a
        hundredth of the margin of each other.
    learning_rate : float
        First step size of Adam; it falls to a tenth by the end.
    jitter : float
        Noise that a spectrum gets anew whenever it is drawn, over the standard deviation of the majority in every
        feature. It stands for what differs from a labelled spectrum as the majority does.
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
    tolerance: float = 1e-4
    learning_rate: float = 2e-2
    jitter: float = 0.0
