"""Menus without a telephone."""
