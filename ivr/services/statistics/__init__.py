"""What a house may know of all its calls together."""
