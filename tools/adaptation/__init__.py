"""Adapts the encoder of Whisper base to French speech on noisy telephone lines: `make adapt-ear`."""
