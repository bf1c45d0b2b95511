"""Makes of a table what is looked at or handed on. Nothing here asks the store or knows who looks."""
