"""The reports that come with Tollbook, a folder each."""
