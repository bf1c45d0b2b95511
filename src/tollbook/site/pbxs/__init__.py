"""PBXs as their owner set them up, and changes of their formats."""
