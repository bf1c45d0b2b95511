"""Files on a server: what the sources that fetch them share, whichever protocol they speak.

`server` says what a protocol has to offer, `options` what can be set, `rounds` when files are looked at and what
becomes of them, `taking` how one file is taken, gone on with and verified.
"""
