"""Monthly charges of a site: what is charged each month beside calls."""
