"""Sinks as their owner set them up."""
