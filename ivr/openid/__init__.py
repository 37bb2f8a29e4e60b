"""Asks the identity provider of the console (OpenID Connect): what it publishes, and what it gives for a code."""
