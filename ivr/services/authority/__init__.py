"""The authority's desk: requests of authorities, what is handed out to them, what they look at themselves."""
