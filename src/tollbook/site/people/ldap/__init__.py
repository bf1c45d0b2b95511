"""Signing in with a name and password of the LDAP server that the directory is read from."""
