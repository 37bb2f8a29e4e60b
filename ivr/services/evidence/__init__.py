"""The evidence, watched and exported."""
