"""How long calls and all that is known of them are kept: the page, and the API of the commands."""
