"""Members of an ensemble, aligned to each other."""
