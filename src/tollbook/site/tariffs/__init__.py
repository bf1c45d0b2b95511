"""Tariffs of a site: a folder each, with a document for every version and a price list beside it."""
