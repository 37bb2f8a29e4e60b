"""Understands French objections: words in, label, band and score out. See model.IntentModel."""
