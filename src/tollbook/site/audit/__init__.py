"""Who changed what, when, and from where. Nothing here is ever changed or deleted."""
