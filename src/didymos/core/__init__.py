"""Arrays in, arrays out: the statistics that didymos rests on, one file per idea."""
