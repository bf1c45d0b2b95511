"""Records that cannot be read and that somebody put aside."""
