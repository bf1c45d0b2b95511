"""Dial plans: what a PBX's numbers mean, proposed, shown and set."""
