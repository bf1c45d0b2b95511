"""Serves the pages and the API: doors, connections, limits on requests, headers, static files."""
