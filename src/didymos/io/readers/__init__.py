"""One short file for each file format, behind one interface."""
