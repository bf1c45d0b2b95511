"""Reports: the API, the list of them, and the page that shows one."""
