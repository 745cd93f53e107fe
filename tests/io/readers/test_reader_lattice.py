import numpy as np
import pytest
import xarray as xr
from numpy.testing import assert_allclose, assert_array_equal

from didymos.io.readers.lattice import as_image, lattice_of


def test_points_in_any_order_become_the_image():
    y, x = np.meshgrid([1.0, 2.0, 4.0], [0.1, 0.2, 0.3, 0.5], indexing="ij")
    image = np.arange(12.0).reshape(3, 4)
    order = np.random.default_rng(3).permutation(12)
    points = xr.DataArray(
        np.stack([image.ravel()[order]] * 2, axis=-1),
        dims=("point", "energy"),
        coords={"x": ("point", x.ravel()[order], {"units": "nm"}), "y": ("point", y.ravel()[order], {"units": "nm"})},
    )
    found = as_image(points)
    assert found.dims == ("y", "x", "energy")
    assert_array_equal(found.values[..., 0], image)
    assert_array_equal(found.y, [1, 2, 4])
    assert found.x.attrs["units"] == "nm"


def test_rounding_of_positions_makes_no_new_columns():
    x = np.array([0.1, 0.2, 0.3]) + np.array([[0.0], [1e-9]])
    lattice = lattice_of(x.ravel(), np.repeat([0.0, 1.0], 3))
    assert lattice is not None
    assert_allclose(lattice.x, [0.1, 0.2, 0.3])


@pytest.mark.parametrize(
    ("x", "y"),
    [
        ([0, 1, 0], [0, 0, 1]),  # one is missing
        ([0, 1, 0, 0], [0, 0, 1, 1]),  # one is there twice
        ([0, 1, 2], [0, 1, 2]),  # a diagonal
        ([0, np.nan], [0, 0]),
        ([], []),
    ],
)
def test_other_points_are_no_lattice(x, y):
    assert lattice_of(np.array(x, dtype=float), np.array(y, dtype=float)) is None


def test_a_line_is_one_row():
    lattice = lattice_of(np.array([2.0, 1.0, 3.0]), np.zeros(3))
    assert lattice is not None
    assert lattice.points.tolist() == [[1, 0, 2]]
