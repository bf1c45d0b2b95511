"""The only place that knows the order of the stages; supervises them, retries and reports health."""
