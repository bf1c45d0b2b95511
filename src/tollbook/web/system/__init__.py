"""The site as a whole: what is checked of it, and where it stands."""
