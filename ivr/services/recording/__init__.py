"""What goes into a recording while the call runs."""
