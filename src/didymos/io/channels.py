"""Which channel of a file is the dI/dV: one written rule, and the user's word above it.

The rule. The first of these that a file has:

1. the frequency shift, where it is what the feedback regulates (a set point in Hz);
2. lock-in X of the first harmonic (``LockinX``, ``LI Demod 1 X``, ``LIX 1 omega``);
3. a channel called dI/dV;
4. lock-in X of another demodulator, where its harmonic is not known;
5. the lock-in amplitude (R);
6. the current: its numerical derivative dI/dV is taken;
7. lock-in X of a higher harmonic;
8. any other channel but the recorded sweep;
9. lock-in Y;
10. the recorded sweep or the phase.

Where lock-in X is chosen and Y clearly holds more of the signal, Y is taken (:mod:`didymos.io.lockin`).

Among several of the same rank the forward sweep goes before ``[bwd]``, a plain name before ``[AVG]``, ``[AVG]`` before
a single sweep (``[00001]``), and then the order of the file decides.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum

from didymos.schema import InputError


class Kind(IntEnum):
    """What a channel is, in the order of the rule."""

    FREQUENCY_SHIFT = 1
    LOCKIN_X = 2
    CONDUCTANCE = 3
    LOCKIN_X_OTHER = 4
    LOCKIN_R = 5
    CURRENT = 6
    LOCKIN_X_HIGHER = 7
    OTHER = 8
    LOCKIN_Y = 9
    LAST = 10


REASONS: Mapping[Kind, str] = {
    Kind.FREQUENCY_SHIFT: "the frequency shift, which the feedback regulates (set point in Hz)",
    Kind.LOCKIN_X: "lock-in X of the first harmonic",
    Kind.CONDUCTANCE: "the channel is called dI/dV",
    Kind.LOCKIN_X_OTHER: "lock-in X; there is none of the first demodulator",
    Kind.LOCKIN_R: "lock-in amplitude; there is no lock-in X",
    Kind.CURRENT: "current; there is no lock-in channel",
    Kind.LOCKIN_X_HIGHER: "lock-in X of a higher harmonic; there is neither a first harmonic nor a current",
    Kind.OTHER: "the first channel; there is neither a lock-in nor a current",
    Kind.LOCKIN_Y: "lock-in Y; there is nothing else",
    Kind.LAST: "there is nothing else",
}
_DIDV = {Kind.LOCKIN_X, Kind.CONDUCTANCE, Kind.LOCKIN_X_OTHER, Kind.LOCKIN_R}


@dataclass(frozen=True)
class Choice:
    """The channel that is read, why, and whether its derivative is taken."""

    index: int
    name: str
    reason: str
    derive: bool
    long_name: str
    units: str


def choose_channel(
    channels: Sequence[str],
    wanted: str | None = None,
    *,
    sweep_signal: str = "Bias (V)",
    harmonics: Mapping[int, int] | None = None,
    set_point_units: str = "",
) -> Choice:
    """Choose the channel to analyse by the rule above, or the one that the user wants.

    Parameters
    ----------
    channels : sequence of str
        Names with units, in the order of the file.
    wanted : str, optional
        The name, with or without its unit, in any case, or a part of it that fits one channel only.
    sweep_signal : str
        What was swept; a derivative of the current is taken only for the bias.
    harmonics : mapping of int to int, optional
        Harmonic of each demodulator, where the file gives it.
    set_point_units : str
        Unit of what the feedback regulates; in Hz it is the frequency shift.

    Returns
    -------
    Choice
        The channel and the reason as a readable sentence.

    Raises
    ------
    InputError
        Where `wanted` fits no channel or several.
    """
    if wanted is not None:
        index = find_channel(channels, wanted)
        return _choice(channels, index, "chosen by the user", derive=False, harmonics=harmonics)
    ranks = [_rank(name, sweep_signal, harmonics or {}) for name in channels]
    if set_point_units.strip() == "Hz":
        ranks = [
            (Kind.FREQUENCY_SHIFT, *rank[1:]) if _is_shift(n) else rank for n, rank in zip(channels, ranks, strict=True)
        ]
    index = min(range(len(channels)), key=lambda i: (*ranks[i], i))
    kind = ranks[index][0]
    derive = kind is Kind.CURRENT and sweep_signal.casefold().startswith("bias")
    return _choice(channels, index, REASONS[kind], derive=derive, harmonics=harmonics)


def find_channel(channels: Sequence[str], wanted: str) -> int:
    """Find the channel that the user means: exact name, else in any case, else without unit, else a unique part.

    Parameters
    ----------
    channels : sequence of str
        The names that there are.
    wanted : str
        The name wanted.

    Returns
    -------
    int
        Its position.

    Raises
    ------
    InputError
        Where none or several fit; the message lists what there is.
    """
    word = wanted.strip().casefold()
    fits: list[int] = [i for i, name in enumerate(channels) if name == wanted]
    for test in (
        lambda name: name.casefold() == word,
        lambda name: split_name(name)[0].casefold() == word,
        lambda name: bool(word) and word in name.casefold(),
    ):
        fits = fits or [i for i, name in enumerate(channels) if test(name)]
    if len({channels[i] for i in fits}) == 1:
        return fits[0]
    listed = ", ".join(dict.fromkeys(channels))
    said = "fits several channels" if fits else "is no channel"
    raise InputError(f"{wanted!r} {said} of this file; there are: {listed}; give one of these names")


def backward_twin(channels: Sequence[str], index: int) -> int | None:
    """Return the channel of the other sweep direction (``[bwd]`` or forward) of a channel, None where there is none."""
    name = channels[index]
    key, backward = _without_direction(name), is_backward(name)
    for other, candidate in enumerate(channels):
        if is_backward(candidate) != backward and _without_direction(candidate) == key:
            return other
    return None


def repeated_sweeps(channels: Sequence[str], index: int) -> list[int]:
    """Return the channels of all repeated sweeps (``[00001]``, ``[00002]`` ...) of what a channel holds, in order."""
    key = _without_number(channels[index])
    return [i for i, name in enumerate(channels) if _is_repeat(name) and _without_number(name) == key]


def averaged_channels(channels: Sequence[str], index: int, *, backward: bool, sweeps: bool) -> list[int]:
    """Return the channels whose average is wanted: of repeated sweeps, of both sweep directions, or of all these.

    Parameters
    ----------
    channels : sequence of str
        The names that there are.
    index : int
        Position of the channel chosen.
    backward, sweeps : bool
        What to average over.

    Returns
    -------
    list of int
        Positions; the channel alone where nothing is averaged.

    Raises
    ------
    InputError
        Where there is no other sweep direction or only one sweep.
    """
    members = [index]
    if sweeps:
        members = repeated_sweeps(channels, index)
        if len(members) < 2:
            raise InputError(
                f"there are no repeated sweeps of {channels[index]!r} to average; there are: {', '.join(channels)}: "
                "read it without averaging"
            )
    if not backward:
        return members
    twins = [backward_twin(channels, member) for member in members]
    if twins[0] is None:
        raise InputError(
            f"there is no other sweep direction of {channels[index]!r} to average with; there are: "
            f"{', '.join(channels)}: read it without averaging"
        )
    return [*members, *(twin for twin in twins if twin is not None)]


def is_backward(name: str) -> bool:
    """Return whether a channel is of the backward sweep."""
    return "[bwd]" in name.casefold()


def split_name(name: str) -> tuple[str, str]:
    """Split ``Current [bwd] (A)`` into its name and its unit: ``("Current [bwd]", "A")``."""
    match = re.fullmatch(r"(.*?)\s*\(([^()]*)\)\s*", name)
    return (match.group(1).strip(), match.group(2).strip()) if match else (name.strip(), "")


def channel_kind(name: str, sweep_signal: str = "Bias (V)", harmonics: Mapping[int, int] | None = None) -> Kind:
    """Return what a channel is by its name."""
    bare, unit = split_name(re.sub(r"\[[^\]]*\]", " ", name))
    low = re.sub(r"\s+", " ", bare.casefold()).strip()
    lockin = re.search(r"lock[\s_-]*in|\bdemod|\bli\b|\bli(?=[xyr]\b)|\bli_", low)
    if lockin:
        return _lockin_kind(low, harmonics or {})
    if re.search(r"\bdi[\s_/-]*dv\b|conductance", low):
        return Kind.CONDUCTANCE
    if low.startswith("current") and (unit.endswith("A") or not unit):
        return Kind.CURRENT
    word = split_name(sweep_signal)[0].casefold().split()
    if (word and low.startswith(word[0])) or "phase" in low:
        return Kind.LAST
    return Kind.OTHER


def _lockin_kind(low: str, harmonics: Mapping[int, int]) -> Kind:
    part = re.search(r"(?:^|[\s_-]|lock[\s_-]*in|li|\d)([xyr])(?=$|[\s_\d-])", low)
    letter = part.group(1) if part else ("r" if "amp" in low or "mag" in low else "")
    if letter == "y":
        return Kind.LOCKIN_Y
    if letter == "" and ("phase" in low or "phi" in low or "theta" in low):
        return Kind.LAST
    number = re.search(r"\d+", low)
    demodulator = int(number.group()) if number else 1
    higher = re.search(r"([2-9])\s*(?:omega|ω|f\b|nd\b|rd\b|th\b)|(?:2nd|3rd|second|third) harm", low) is not None
    harmonic = harmonics.get(demodulator) if not higher else 2
    if higher or (harmonic is not None and harmonic > 1):
        return Kind.LOCKIN_X_HIGHER
    if letter == "r":
        return Kind.LOCKIN_R
    if letter == "":
        # a lock-in channel without a letter is the one that the laboratory records
        return Kind.LOCKIN_X_OTHER
    return Kind.LOCKIN_X if demodulator == 1 or harmonic == 1 else Kind.LOCKIN_X_OTHER


def _rank(name: str, sweep_signal: str, harmonics: Mapping[int, int]) -> tuple[Kind, bool, int]:
    tags = re.findall(r"\[([^\]]*)\]", name.casefold())
    copies = [2 if tag.strip().isdigit() else 1 for tag in tags if tag.strip() != "bwd"]
    return channel_kind(name, sweep_signal, harmonics), is_backward(name), max(copies, default=0)


def _choice(
    channels: Sequence[str], index: int, reason: str, *, derive: bool, harmonics: Mapping[int, int] | None
) -> Choice:
    name, units = split_name(channels[index])
    if derive:
        return Choice(index, channels[index], f"{reason}: its numerical derivative", True, "dI/dV", "S")
    didv = channel_kind(channels[index], harmonics=harmonics) in _DIDV
    return Choice(index, channels[index], reason, False, "dI/dV" if didv else name, units)


def _is_shift(name: str) -> bool:
    bare, unit = split_name(re.sub(r"\[[^\]]*\]", " ", name))
    return unit == "Hz" and "freq" in bare.casefold() and "shift" in bare.casefold()


def _is_repeat(name: str) -> bool:
    return re.search(r"\[\d+\]", name) is not None


def _without_number(name: str) -> str:
    return re.sub(r"[\s_]+", " ", re.sub(r"\[(?:\d+|avg)\]", " ", name.casefold())).strip()


def _without_direction(name: str) -> str:
    return re.sub(r"[\s_]+", " ", re.sub(r"\[bwd\]", " ", name.casefold())).strip()
