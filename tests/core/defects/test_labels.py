"""Which spectra the evidence is sure of."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as numbers

from didymos.core.defects.amplitude import Amplitudes
from didymos.core.defects.labels import certain_labels, graded_labels, known_amplitudes
from didymos.core.defects.settings import LabelSettings

NOT_CERTAIN = -1


def amplitudes_of(value, kind=1, background=False, ambiguous=False):
    value = np.asarray(value, dtype=np.float64)
    kind, background, ambiguous = (np.broadcast_to(one, value.shape) for one in (kind, background, ambiguous))
    return Amplitudes(
        value, kind.astype(np.int16), background.astype(bool), ambiguous.astype(bool), np.full(kind.max(initial=1), 0.1)
    )


@st.composite
def findings(draw):
    """Points with any amplitude and kind, some of them background, some cores."""
    count = draw(st.integers(1, 30))
    flags = numbers.arrays(bool, count)
    value = draw(numbers.arrays(np.float64, count, elements=st.floats(-0.5, 1.5)))
    kind = draw(numbers.arrays(np.int16, count, elements=st.integers(1, 3)))
    core = draw(flags)
    found = amplitudes_of(value, kind, background=draw(flags) & ~core, ambiguous=draw(flags))
    return core, found


def test_background_cores_and_what_is_neither():
    found = amplitudes_of([0.0, 0.9, 0.3, 0.7, 0.2], background=[True, False, False, False, False])
    core = np.array([False, True, True, False, False])
    # a core under one half is not certain, and an amplitude over one half outside the cores is not either
    assert certain_labels(core, found).tolist() == [0, 1, -1, -1, -1]


def test_a_kind_whose_cores_are_all_weak_keeps_all_of_them():
    found = amplitudes_of([0.9, 0.2, 0.3, 0.4], kind=[1, 1, 2, 2])
    assert certain_labels(np.ones(4, dtype=bool), found).tolist() == [1, -1, 2, 2]


def test_the_amplitude_of_a_core_can_be_chosen():
    found = amplitudes_of([0.9, 0.6, 0.3])
    core = np.ones(3, dtype=bool)
    assert certain_labels(core, found, settings=LabelSettings(core_amplitude=0.8)).tolist() == [1, -1, -1]
    assert certain_labels(core, found, settings=LabelSettings(core_amplitude=0.2)).tolist() == [1, 1, 1]


def test_without_cores_only_background_is_certain():
    found = amplitudes_of([0.1, 0.9], background=[True, False])
    assert certain_labels(np.zeros(2, dtype=bool), found).tolist() == [0, NOT_CERTAIN]


@given(findings())
def test_labels_are_0_in_the_background_and_the_kind_in_the_cores(finding):
    core, found = finding
    label = certain_labels(core, found)
    assert label.shape == core.shape
    assert label.dtype.kind == "i"
    assert np.array_equal(label == 0, found.background)
    assert core[label > 0].all()
    assert np.array_equal(label[label > 0], found.kind[label > 0])
    assert (label[~core & ~found.background] == NOT_CERTAIN).all()


@given(findings())
def test_every_kind_with_a_core_has_a_label(finding):
    core, found = finding
    label = certain_labels(core, found)
    assert set(found.kind[core]) == set(label[label > 0])
    for kind in set(found.kind[core]):
        chosen, left = found.value[label == kind], found.value[core & (found.kind == kind) & (label != kind)]
        # the strongest are never left out for weaker ones
        assert not left.size or left.max() <= chosen.min()


@given(findings(), st.randoms(use_true_random=False))
def test_the_order_of_the_points_does_not_matter(finding, random):
    core, found = finding
    order = np.array(random.sample(range(len(core)), len(core)))
    other = Amplitudes(
        found.value[order], found.kind[order], found.background[order], found.ambiguous[order], found.noise
    )
    label = certain_labels(core, found)
    assert np.array_equal(certain_labels(core[order], other), label[order])
    assert np.array_equal(known_amplitudes(other, label[order]), known_amplitudes(found, label)[order], equal_nan=True)


@given(findings())
def test_known_amplitudes_lie_between_0_and_1(finding):
    core, found = finding
    known = known_amplitudes(found, certain_labels(core, found))
    assert known.dtype == np.float32
    assert np.array_equal(np.isnan(known), found.ambiguous)
    certain = ~found.ambiguous
    assert ((known[certain] >= 0) & (known[certain] <= 1)).all()
    assert (known[certain & found.background] == 0).all()


@given(findings())
def test_the_amplitudes_of_a_kind_keep_their_order(finding):
    core, found = finding
    known = known_amplitudes(found, certain_labels(core, found))
    for kind in range(1, len(found.noise) + 1):
        own = ~found.ambiguous & ~found.background & (found.kind == kind)
        order = np.argsort(found.value[own])
        assert (np.diff(known[own][order]) >= 0).all()


def test_the_cores_of_a_weak_kind_have_the_amplitude_1_too():
    value = np.array([0.0, 1.0, 1.0, 0.2, 0.5, 0.25])
    kind = np.array([1, 1, 1, 2, 2, 2], dtype=np.int16)
    nothing = np.zeros(6, dtype=bool)
    found = Amplitudes(value, kind, np.arange(6) == 0, nothing, np.array([0.05, 0.05]))
    label = np.array([0, 1, 1, NOT_CERTAIN, 2, NOT_CERTAIN], dtype=np.int32)
    assert known_amplitudes(found, label) == pytest.approx([0, 1, 1, 0.4, 1, 0.5])


def test_amplitudes_beyond_0_and_1_are_cut():
    found = amplitudes_of([-0.2, 0.25, 1.7])
    none = np.full(3, NOT_CERTAIN, dtype=np.int32)
    assert known_amplitudes(found, none).tolist() == [0.0, 0.25, 1.0]


@given(findings())
def test_graded_labels_add_what_is_more_defect_than_background(finding):
    core, found = finding
    label = certain_labels(core, found)
    amplitude = known_amplitudes(found, label)
    graded, along = graded_labels(label, amplitude, found.kind)
    certain = label != NOT_CERTAIN
    assert np.array_equal(graded[certain], label[certain])
    added = (graded != NOT_CERTAIN) & ~certain
    assert (amplitude[added] > 0.5).all()
    assert not found.ambiguous[added].any()
    assert np.array_equal(graded[added], found.kind[added])
    assert np.array_equal(np.isnan(along), graded == NOT_CERTAIN)
    assert (along[graded == 0] == 0).all()
    # a core of a weak kind counts as half an amplitude, which is a quarter short of full
    assert ((along[graded > 0] >= 0.75) & (along[graded > 0] <= 1)).all()
    more = np.argsort(np.nan_to_num(amplitude[graded > 0]))
    assert (np.diff(along[graded > 0][more]) >= 0).all()


def test_a_flank_is_as_unlike_the_cores_as_its_amplitude_falls_short():
    amplitude = np.array([0.0, 0.4, 0.55, 0.6, 0.75, 0.9, 1.0], dtype=np.float32)
    label = np.array([0, *[NOT_CERTAIN] * 5, 1], dtype=np.int32)
    graded, along = graded_labels(label, amplitude, np.ones(7, dtype=np.int16))
    assert graded.tolist() == [0, NOT_CERTAIN, 1, 1, 1, 1, 1]
    assert along == pytest.approx([0, np.nan, 0.8, 0.85, 1, 1, 1], nan_ok=True)
    plain = graded_labels(label, amplitude, np.ones(7, dtype=np.int16), settings=LabelSettings(full_amplitude=1.0))[1]
    assert plain == pytest.approx([0, np.nan, 0.55, 0.6, 0.75, 0.9, 1], nan_ok=True)
