"""What a person said to being recorded or called, and what follows."""
