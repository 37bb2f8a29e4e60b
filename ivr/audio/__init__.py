"""Sound as it is stored and carried: G.711, WAV, sampling rates."""
