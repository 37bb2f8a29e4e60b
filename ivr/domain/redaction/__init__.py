"""What never stands in a log."""
