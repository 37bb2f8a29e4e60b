"""Telephony IVR and call-recording compliance engine."""

__version__ = "0.1.0"
