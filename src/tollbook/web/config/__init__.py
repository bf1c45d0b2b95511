"""The set-up of a site as readable texts: written out, compared with what is there, and applied."""
