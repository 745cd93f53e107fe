"""Options of every recipe that models a surface and a microscope."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from didymos.schema.names import InputError
from didymos.simulate.options.base import MapOptions, check_range, is_finite
from didymos.simulate.options.measurement import Measurement

Texture = Literal["smooth", "moire", "domains"]


@dataclass(frozen=True, kw_only=True)
class SurfaceOptions(Measurement, MapOptions):
    """What every recipe that models a surface and a microscope can be asked for.

    Parameters
    ----------
    kinds : sequence of str
        Kinds of defects, each of those that the recipe knows.
    strength : float
        Multiplies what the defects do to the density of states (0: nothing).
    inhomogeneity : float
        Multiplies all variation of the surface without defects (0: none).
    correlation_length : float
        Length in m over which the surface varies; the period of a moire pattern, see texture.
    texture : {"smooth", "moire", "domains"}
        How it varies: as a smooth random field, as a hexagonal pattern, or between two domains with a sharp wall.
    tip_width : float
        Standard deviation in m of the Gaussian amplitude with which the tip couples to the sites around it.

    Raises
    ------
    InputError
        Where a value is outside its range.
    """

    kinds: tuple[str, ...] = ()
    strength: float = 1.0
    inhomogeneity: float = 1.0
    correlation_length: float = 5e-9
    texture: Texture = "smooth"
    tip_width: float = 1e-10

    def __post_init__(self) -> None:
        MapOptions.__post_init__(self)
        Measurement.__post_init__(self)
        kinds = (self.kinds,) if isinstance(self.kinds, str) else tuple(self.kinds)
        wrong = [kind for kind in kinds if kind not in self.KINDS]
        if wrong or not kinds or len(set(kinds)) < len(kinds):
            raise InputError(
                f"kinds is {', '.join(map(str, kinds)) or 'empty'}; allowed are one or more of "
                f"{', '.join(self.KINDS)}, each once: choose them"
            )
        object.__setattr__(self, "kinds", kinds)
        for name in ("strength", "inhomogeneity", "tip_width"):
            check_range(name, getattr(self, name), 0)
        if not self.correlation_length > 0 or not is_finite(self.correlation_length):
            raise InputError(
                f"the correlation length is {self.correlation_length} m; allowed are lengths above 0: choose one"
            )
        if self.texture not in get_args(Texture):
            raise InputError(f"texture is {self.texture!r}; allowed are {', '.join(get_args(Texture))}: choose one")
