"""What a caller may choose after the disclosure, and where each choice leads."""
