"""Whether there is more than one population, and which points belong to it."""
