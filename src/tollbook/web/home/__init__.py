"""The page that shows how everything is, and what machines ask of the server."""
