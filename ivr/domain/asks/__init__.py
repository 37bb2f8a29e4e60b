"""Questions that are never asked."""
