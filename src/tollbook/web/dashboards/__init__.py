"""Tiles: what they show, and how somebody arranges those of Home."""
