"""The frame and spans that everything counts in."""
