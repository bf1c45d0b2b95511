"""Runs the sinks of a site: a worker for each, its position, and what is fetched ahead for it."""
