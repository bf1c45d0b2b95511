"""Where messages of a site go, as it was set up once."""
