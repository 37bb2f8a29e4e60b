"""Recordings played to people, piece by piece, never decrypted on a disk."""
