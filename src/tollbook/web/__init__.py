"""The pages and the REST API, as a Django project over one running engine."""
