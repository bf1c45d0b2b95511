"""Notes, tags and private calls: on the page of a call, and by the API."""
