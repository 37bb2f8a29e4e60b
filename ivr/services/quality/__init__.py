"""The quality team's work: grids, analyses, disputes, samples, calibration, and the end of all of it."""
