"""Containers, keys, codecs and the local store: the only package that touches cryptography and codecs."""
