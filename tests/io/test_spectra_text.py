"""One spectrum as pasted text."""

import contextlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from didymos import InputError
from didymos.io.spectra_text import LARGEST_TEXT, read_spectrum


def read(text):
    energy, values = read_spectrum(text)
    return energy.tolist(), values.tolist()


@pytest.mark.parametrize(
    "text",
    [
        "-1 0.5\n0 2e-3\n1.5 -3",
        "-1\t0.5\n0\t2e-3\n1.5\t-3\n",
        "-1,0.5\r\n0,2e-3\r\n1.5,-3\r\n",
        "-1; 0.5\n0 ;2e-3\n1.5;-3;\n",
        "-1;0,5\n0;2e-3\n1,5;-3",
        "-1\t\t0,5\n0\t2e-3\n1,5 \t -3",
        "  -1    0.5  \n\n 0 2e-3 # the middle\n# no line\n1.5 -3",
        "bias, dI/dV\n-1, 0.5\n0, 2e-3\n1.5, -3",
        "# header\nbias (mV)\tdI/dV (a.u.)\n-1\t0.5\n0\t2e-3\n1.5\t-3",
        "E\n-1 0.5\n0 2e-3\n1.5 -3",
        "\ufeff1.5 -3\n0 2e-3\n-1 0.5",
    ],
)
def test_two_columns_however_they_are_separated(text):
    assert read(text) == ([-1.0, 0.0, 1.5], [0.5, 2e-3, -3.0])


@given(st.dictionaries(st.floats(-1e9, 1e9), st.floats(-1e30, 1e30), min_size=2), st.sampled_from(" \t,;"))
def test_numbers_are_read_as_they_were_written(spectrum, separator):
    text = "\n".join(f"{energy!r}{separator}{value!r}" for energy, value in spectrum.items())
    energy, values = read_spectrum(text)
    assert (np.diff(energy) > 0).all()
    assert dict(zip(energy.tolist(), values.tolist(), strict=True)) == spectrum


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "holds 0 values"),
        ("energy value", "holds 0 values"),
        ("1 2", "holds 1 values"),
        ("1 2\n3 4 5", "line 2 has 3 values"),
        ("1 2\n\n3", "line 3 has 1 values"),
        ("0,5 1,2\n1 2", "line 1 has 3 values"),
        ("1 2\nenergy value\n3 4", "line 2 holds 'energy'"),
        ("energy value\nenergy value\n3 4", "line 2 holds 'energy'"),
        ("1 2\n3 nan", "line 2 holds 'nan'"),
        ("1 2\ninf 3", "line 2 holds 'inf'"),
        ("1 2\n1_0 3", "line 2 holds '1_0'"),
        ("1 2\n3;4;5", "line 2 has 3 values"),
        ("1 2\n3;;5", "line 2 has 3 values"),
        ("1 2\n__import__('os') 3", 'line 2 holds "__import__'),
        ("1 2\n0 1\n1.0 3", "energy 1 occurs twice"),
        ("1 2\n" + "9" * 500 + "x 3", "line 2 holds '9999"),
        (" " * (LARGEST_TEXT + 1), "has 5000001 letters"),
    ],
)
def test_what_is_no_spectrum_is_refused_in_one_line(text, what):
    with pytest.raises(InputError) as caught:
        read_spectrum(text)
    assert what in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 150


@given(st.text())
def test_any_text_is_a_spectrum_or_refused(text):
    # any other exception is an error
    with contextlib.suppress(InputError):
        energy, values = read_spectrum(text)
        assert len(energy) == len(values) > 1
        assert np.isfinite([energy, values]).all()
