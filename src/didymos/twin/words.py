"""What people want to know of a model, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from didymos.schema.printing import counted
from didymos.twin.training.encoder import Encoder


def about_model(
    energy: NDArray[np.floating], rank: int, score_source: str, encoder: Encoder | None, about: Mapping[str, Any]
) -> list[tuple[str, str]]:
    """Return what a model is of and how it scores, by name; `encoder` is that of the first twin, if there is one."""
    span = f"{energy[0]:.4g} to {energy[-1]:.4g} {about.get('energy_units', '')}".strip()
    rows = [
        ("metric", f"{about.get('metric') or 'linear'} of rank {rank}"),
        ("energies", f"{len(energy)} from {span}"),
        ("score", f"from the {score_source}"),
    ]
    if encoder is not None:
        rows.append(("networks", f"{encoder.members}, embedding of {counted(encoder.components, 'component')}"))
    kinds = [str(name) for name in about.get("kind_names", ()) if str(name)]
    for name, text in (("similarity", about.get("similarity")), ("kinds", ", ".join(kinds))):
        if text:
            rows.append((name, str(text)))
    return [*rows, ("version", str(about.get("didymos_version", "unknown")))]
