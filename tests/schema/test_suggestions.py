"""The words that errors propose."""

import pytest

from didymos.schema.suggestions import did_you_mean, nearest_word


@pytest.mark.parametrize(
    ("word", "allowed", "meant"),
    [
        ("sed", ("seed", "metric", "members"), "seed"),
        ("Robst", ("euclidean", "robust"), "robust"),
        ("energy-rage", ("energy_range", "iso_energy"), "energy_range"),
        ("maap.3ds", ("map.3ds", "report.html"), "map.3ds"),
    ],
)
def test_a_misspelt_word_finds_its_neighbour(word, allowed, meant):
    assert nearest_word(word, allowed) == meant
    assert did_you_mean(word, allowed) == f"; did you mean {meant!r}?"


@pytest.mark.parametrize("word", ["zebra", "", 3, None])
def test_what_is_like_nothing_gets_no_proposal(word):
    assert did_you_mean(word, ("robust", "euclidean")) == ""


def test_no_word_is_proposed_where_none_is_allowed():
    assert did_you_mean("seed", ()) == ""


def test_the_word_is_proposed_as_it_is_written():
    assert did_you_mean("lix 1 omega", ("LIX 1 omega", "Current")) == "; did you mean 'LIX 1 omega'?"
