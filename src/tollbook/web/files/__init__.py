"""Files of reports that are made in the background: the page that lists them, and the API."""
