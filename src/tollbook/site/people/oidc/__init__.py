"""Signing on by OpenID Connect: an issuer says who somebody is, and in which groups."""
