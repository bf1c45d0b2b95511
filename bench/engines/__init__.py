"""The databases that the reports are asked of: Tollbook's own store, and two row stores with indexes."""
