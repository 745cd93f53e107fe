"""Igor binary waves of version 5 in the published layout."""

import struct

KINDS = {"f4": 2, "f8": 4, "i2": 0x10, "i4": 0x20, "c8": 3}


def wave(values, steps, offsets, units, *, note="", name="wave0", unit="A", order="<", long_units=(), labels=b""):
    """A wave of version 5 in the published layout."""
    pad = 4 - values.ndim
    kind = KINDS[values.dtype.str[1:]]
    raw = values.astype(values.dtype.newbyteorder(order)).tobytes(order="F")
    extended = [*long_units, *[""] * (4 - len(long_units))]
    header = struct.pack(
        f"{order}3IihH6sh32sii4i4d4d4s16s",
        *(0, 0, 0), values.size, kind, 0, b"", 1, name.encode(), 0, 0,
        *values.shape, *[0] * pad, *steps, *[0.0] * pad, *offsets, *[0.0] * pad, unit.encode(),
        b"".join(u.encode().ljust(4, b"\0") for u in [*units, *[""] * pad]),
    )  # fmt: skip
    header = header.ljust(320, b"\0")
    sizes = [320 + len(raw), 0, len(note), 0, *[len(u) for u in extended], 0, len(labels), 0, 0, 0, 0, 0]
    head = struct.pack(f"{order}hh15i", 5, 0, *sizes).ljust(64, b"\0")
    return head + header + raw + note.encode() + "".join(extended).encode() + labels
