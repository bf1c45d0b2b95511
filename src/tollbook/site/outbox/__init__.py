"""Messages of a site on their way: each is stored before it is sent."""
