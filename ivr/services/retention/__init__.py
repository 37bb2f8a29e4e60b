"""What ends, and what keeps it from ending."""
