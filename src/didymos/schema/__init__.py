"""What a spectral map, a result and a comparison are: dims, coordinates, units, masks, validation.

A *spectral map* is an :class:`xarray.DataArray` named ``spectra`` with dims ``("y", "x", "energy")`` (an image) or
``("point", "energy")`` (scattered spectra), float32, energy ascending, missing spectra NaN throughout. Whatever is
known per point (``topography``, ``current`` ...) travels with it as a coordinate without the energy dim.

A *result* is an :class:`xarray.Dataset` that holds the map and everything derived from it under the names in
:data:`RESULT_VARIABLES`. A *comparison* is one that holds what several methods make of a map, under the names in
:data:`COMPARISON_VARIABLES`.
"""

from typing import TYPE_CHECKING

from didymos.schema.comparison import COMPARISON_ATTRIBUTES, COMPARISON_VARIABLES
from didymos.schema.lazy import lazily
from didymos.schema.names import ENERGY, IMAGE_DIMS, POINT_DIMS, SPECTRAL_REGIONS, VERSION, InputError, Region
from didymos.schema.results import COORDINATES, RESULT_ATTRIBUTES, RESULT_VARIABLES, Variable

if TYPE_CHECKING:
    from didymos.schema.maps import (
        is_image,
        missing_points,
        region_attributes,
        space_dims,
        spectral_map,
        validate_map,
    )

__all__ = [
    "COMPARISON_ATTRIBUTES",
    "COMPARISON_VARIABLES",
    "COORDINATES",
    "ENERGY",
    "IMAGE_DIMS",
    "POINT_DIMS",
    "RESULT_ATTRIBUTES",
    "RESULT_VARIABLES",
    "SPECTRAL_REGIONS",
    "VERSION",
    "InputError",
    "Region",
    "Variable",
    "is_image",
    "missing_points",
    "region_attributes",
    "space_dims",
    "spectral_map",
    "validate_map",
]

# numpy is imported with the first map
__getattr__, __dir__ = lazily(
    __name__,
    {"maps": ("is_image", "missing_points", "region_attributes", "space_dims", "spectral_map", "validate_map")},
)
