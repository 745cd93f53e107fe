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

from didymos.io.channel_names import find_channel, is_backward, split_name


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
    sweeps: bool = False,
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
    sweeps : bool
        Whether repeated sweeps are averaged, so that a name without their number means all of them.

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
        index = find_channel(channels, wanted, sweeps=sweeps)
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
