"""Copies that leave the house, and who may take them."""
