"""Evaluates rules of alerts as calls change, over the past, and over the state of the site."""
