"""Trains the second reader: a classifier on sentence vectors, from the corpus and the mill's transcripts."""
