"""Who is never called again."""
