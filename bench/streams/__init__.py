"""Streams: a burst over one connection, hundreds of PBXs at once, and the memory that their connections take.

The PBXs run in a process of their own (`sender`), with records made beforehand, and are simulated ones over real
sockets. What takes their records is the real server, or a peer; the bench only looks on.
"""
