"""Recordings found by people, each page for a purpose and in the evidence."""
