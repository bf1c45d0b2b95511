"""People, how they sign in, and tokens for programs."""
