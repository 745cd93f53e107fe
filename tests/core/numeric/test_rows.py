import numpy as np
import pytest

from didymos.core.numeric.rows import are_identical, column, evenly, in_memory, over_rows, selected, some_rows


class Stored:
    """Rows that are not in memory, as far as the functions of arrays need them."""

    def __init__(self, values):
        self.values = values
        self.shape = values.shape

    def __len__(self):
        return len(self.values)

    def __getitem__(self, rows):
        return self.values[rows]

    def selected(self, where):
        return Stored(self.values[where])

    def over_rows(self, work, block, *beside):
        for start in range(0, len(self.values), block + 1):  # its own blocks
            rows = slice(start, min(start + block + 1, len(self.values)))
            yield rows, work(self.values[rows], *(one[rows] for one in beside))


@pytest.fixture(params=[np.asarray, Stored], ids=["array", "stored"])
def spectra(request):
    return request.param(np.random.default_rng(0).normal(size=(23, 4)).astype(np.float32))


def test_every_row_is_met_once_and_in_order(spectra):
    whole = spectra[:]
    label = np.arange(23)
    found = list(over_rows(lambda block, number: (block.sum(axis=1), number), spectra, 5, label))
    assert [row for rows, _ in found for row in range(23)[rows]] == list(range(23))
    np.testing.assert_array_equal(np.concatenate([part for _, (part, _) in found]), whole.sum(axis=1))
    np.testing.assert_array_equal(np.concatenate([number for _, (_, number) in found]), label)


def test_selections_samples_and_columns(spectra):
    whole = spectra[:]
    some = np.arange(23) % 3 == 1
    assert selected(spectra, np.ones(23, dtype=bool)) is spectra
    np.testing.assert_array_equal(selected(spectra, some)[:], whole[some])
    np.testing.assert_array_equal(some_rows(spectra, 7), whole[evenly(23, 7)])
    np.testing.assert_array_equal(some_rows(spectra, 100), whole)
    np.testing.assert_array_equal(column(spectra, 2, block=6), whole[:, 2])
    assert len(in_memory(spectra, 7)) == (23 if isinstance(spectra, np.ndarray) else 7)


def test_identical_spectra_are_known(spectra):
    assert not are_identical(spectra)
    assert are_identical(type(spectra)(np.ones((9, 3))) if isinstance(spectra, Stored) else np.ones((9, 3)))


def test_evenly_spaced_indices_reach_both_ends():
    assert evenly(10, 4).tolist() == [0, 3, 6, 9]
    assert evenly(3, 10).tolist() == [0, 1, 2]
