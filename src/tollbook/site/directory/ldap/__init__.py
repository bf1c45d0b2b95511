"""People and their extensions from LDAP or Active Directory."""
