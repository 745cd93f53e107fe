import numpy as np
import pytest

from didymos.core.numeric.rescaling import log_rescale


def test_log_rescale_is_the_logarithm_of_the_sum():
    assert log_rescale(np.array([0.0, 1.0, np.e - 1]), 1.0) == pytest.approx([0.0, np.log(2), 1.0])
