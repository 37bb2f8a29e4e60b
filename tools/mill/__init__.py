"""Grinds sentences into what the recogniser writes of them: what was meant, beside the words that reach a reader."""
