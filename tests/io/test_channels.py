import pytest

from didymos.io.channel_names import backward_twin, find_channel, split_name
from didymos.io.channels import Kind, channel_kind, choose_channel
from didymos.schema import InputError

SIMULATED = (
    "Current (A);Bias (V);LI Demod 1 X (A);LI Demod 1 Y (A);LI Demod 2 X (A);LI Demod 2 Y (A);Current [bwd] (A);"
    "Bias [bwd] (V);LI Demod 1 X [bwd] (A);LI Demod 1 Y [bwd] (A)"
)


@pytest.mark.parametrize(
    ("channels", "chosen"),
    [
        ("Current (A);LockinX (V);LockinY (V);Bias_m (V)", "LockinX (V)"),
        (SIMULATED, "LI Demod 1 X (A)"),
        ("LI Demod 1 X [bwd] (A);LI Demod 1 X [AVG] (A)", "LI Demod 1 X [AVG] (A)"),
        ("LI Demod 1 X [00001] (A);LI Demod 1 X [AVG] (A);LI Demod 1 X (A)", "LI Demod 1 X (A)"),
        ("LI Demod 1 X [00001] (A);LI Demod 1 X [00002] (A);LI Demod 1 X [AVG] (A)", "LI Demod 1 X [AVG] (A)"),
        ("Current (A);LI X 2 omega (A);LI X 1 omega (A)", "LI X 1 omega (A)"),
        ("LIY 1 omega (V);LIX 1 omega (V)", "LIX 1 omega (V)"),
        ("Current (A);Lock-in Y;Lock-in X", "Lock-in X"),
        ("Current (A);LI Demod 2 X (A);LI Demod 2 Y (A)", "LI Demod 2 X (A)"),
        ("Current (A);dI/dV (S)", "dI/dV (S)"),
        ("LI Demod 2 X (A);dIdV (S)", "dIdV (S)"),
        ("Current (A);LIX (V)", "LIX (V)"),
        ("Current (A);LI R 1 omega (V)", "LI R 1 omega (V)"),
        ("LockinY (V);Current (A)", "Current (A)"),
        ("LockinY (V);Input 8 (V)", "Input 8 (V)"),
        ("Bias (V);LockinY (V)", "LockinY (V)"),
        ("Bias (V);OC M1 Freq. Shift (Hz);LI phi 1 omega (deg)", "OC M1 Freq. Shift (Hz)"),
        ("Bias (V)", "Bias (V)"),
    ],
)
def test_the_rule(channels, chosen):
    choice = choose_channel(channels.split(";"))
    assert choice.name == chosen
    assert choice.derive == chosen.startswith("Current")
    assert choice.reason


def test_the_harmonics_of_the_file_count_more_than_the_number_of_the_demodulator():
    channels = ["LI Demod 1 X (A)", "LI Demod 2 X (A)"]
    assert choose_channel(channels, harmonics={1: 2, 2: 1}).name == "LI Demod 2 X (A)"
    assert choose_channel([*channels[1:], "Current (A)"], harmonics={1: 1, 2: 2}).name == "Current (A)"


def test_axis_labels():
    choice = choose_channel(["Current (A)", "LockinX (V)"])
    assert (choice.long_name, choice.units) == ("dI/dV", "V")
    choice = choose_channel(["Current (A)"])
    assert (choice.long_name, choice.units) == ("dI/dV", "S")
    choice = choose_channel(["Current (A)"], sweep_signal="Z (m)")
    assert (choice.long_name, choice.units, choice.derive) == ("Current", "A", False)


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("Current (A)", 0),
        ("current [BWD] (a)", 6),
        ("Current", 0),
        ("bias", 1),
        ("demod 1 x [bwd]", 8),
        ("LI Demod 2 X", 4),
    ],
)
def test_the_users_word(wanted, found):
    assert find_channel(SIMULATED.split(";"), wanted) == found


def test_an_exact_name_goes_before_one_in_another_case():
    assert find_channel(["A (V)", "a (V)"], "a (V)") == 1


@pytest.mark.parametrize(
    ("wanted", "message"),
    [("Demod", "'Demod' fits several channels"), ("phase", "'phase' is no channel"), ("", "'' is no channel")],
)
def test_a_word_that_fits_none_or_several(wanted, message):
    listed = r": LI Demod 1 X \(A\), LI" if wanted == "Demod" else r"; there are: Current \(A\), Bias \(V\)"
    with pytest.raises(InputError, match=rf"{message} of this file{listed}"):
        find_channel(SIMULATED.split(";"), wanted)


def test_backward_twins():
    channels = [
        "Current (A)",
        "Current [bwd] (A)",
        "Current [bwd] (V)",
        "Bias [AVG] (V)",
        "Bias [AVG] [bwd] (V)",
        "Z (m)",
    ]
    assert [backward_twin(channels, i) for i in range(6)] == [1, 0, None, 4, 3, None]


@pytest.mark.parametrize(
    ("name", "parts"),
    [("Current [bwd] (A)", ("Current [bwd]", "A")), ("Lock-in X", ("Lock-in X", "")), ("F (x) (Hz)", ("F (x)", "Hz"))],
)
def test_names_and_units(name, parts):
    assert split_name(name) == parts


@pytest.mark.parametrize("name", ["Light (V)", "Limit (V)", "Lift X (V)", "Z (m)", "X (m)", "Flicker (A)"])
def test_names_that_only_look_like_a_lock_in(name):
    assert channel_kind(name) is Kind.OTHER


def test_a_name_that_fits_several_lists_these_and_one_that_fits_none_is_mended():
    names = ["Current (A)", "LI Demod 1 X (A)", "LI Demod 1 Y (A)", "Bias (V)"]
    with pytest.raises(InputError, match=r"several channels of this file: LI Demod 1 X \(A\), LI Demod 1 Y \(A\);"):
        find_channel(names, "demod")
    with pytest.raises(InputError, match=r"there are: Current .*; did you mean 'LI Demod 1 [XY] \(A\)'\?"):
        find_channel(names, "LI Demod 1 Z")


def test_repeated_sweeps_are_meant_together_where_they_are_averaged():
    names = [f"LI Demod 1 {letter} [{sweep:05d}] (A)" for letter in "XY" for sweep in (1, 2)]
    names += ["LI Demod 1 X [00001] [bwd] (A)", "LI Demod 1 X [00002] [bwd] (A)"]
    assert find_channel(names, "LI Demod 1 X", sweeps=True) == 0
    with pytest.raises(InputError, match="fits several"):
        find_channel(names, "LI Demod 1 X")
    with pytest.raises(InputError, match="fits several"):
        find_channel(names, "LI Demod 1", sweeps=True)
