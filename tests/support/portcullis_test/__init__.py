"""What the Python tests share: keys and tokens, servers, the gateway, and raw clients.

Nothing here is shared with the programs under test: natsjwt is a second implementation of NKeys and
JWTs, rawclient a second one of the wire, so that both sides cannot be wrong in the same way. Only
Debian's python3 and python3-nacl are used. Nobody sleeps to wait: a server is ready when it says so,
and a message was not sent when an answer that had to come after it has come.
"""
