"""PBXs: adding, changing and testing them, what arrives, imports, rejects."""
