"""Wallboards: the pages on which they are made, the page that hangs on a wall, and the API."""
