"""Places at their centre: the page, the API for people, and the addresses that places themselves ask."""
