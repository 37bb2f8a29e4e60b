"""How long, and why longer."""
