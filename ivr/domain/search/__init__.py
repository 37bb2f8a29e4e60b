"""What may be asked of the catalogue of recordings."""
