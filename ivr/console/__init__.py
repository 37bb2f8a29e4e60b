"""The web console: pages on the services, for people who work in them all day."""
