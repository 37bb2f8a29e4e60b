"""One call: its states, legs, parties."""
