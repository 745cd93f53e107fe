"""Names that pages and figures share."""

MAP, SECOND, EMBEDDING, SPECTRA = "map", "second", "embedding", "spectra"
"""The figures: the map, another one beside it, the embedding, the spectra."""
SELECTIONS = {"A": "#009e73", "B": "#8e44ad", "C": "#56b4e9", "D": "#a08a00"}
"""Names and colours of the selections."""
POINTER, DIFFERENCE, AVERAGE = "point", "difference", "average"
"""Lines of the spectrum at a point, of the difference of two averages, and of the average of the map."""
