"""What the kinds that ask over HTTP(S) share: a connection, fenced and with its certificate checked."""
