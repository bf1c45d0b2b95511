"""The soak: a real server at work for a long time, troubled on purpose, and the account of every record in the end.

`__main__` is what is asked for and printed, `course` what happens when. `traffic` are the PBXs and what they sent,
`visitors` the browsers, `far_sinks` where calls are copied to, `host` the server's process, `gauge` what it uses, and
`account` compares all that was sent with all that is there.
"""
