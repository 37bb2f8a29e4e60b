"""One call, from INVITE to report."""
