"""Rules about raw lines: the gateway's parser is the stricter of two. Source: docs/PROTOCOL.md."""

from case import RULES, ended


def last_words(name, doc, raws, *texts):
    """A rule for raw lines: each of @raws is answered with one of @texts and the end."""
    def predicate(c):
        return c.op.raw in raws and ended(c, *texts)
    predicate.__name__ = name
    predicate.__doc__ = doc
    RULES["last"].append(predicate)


PROTO = "Unknown Protocol Operation"

last_words("bare_line_feed_refused", "A control line ends with CRLF; the server takes LF.",
           [b"PUB a.b 1\nx\r\n"], PROTO)
last_words("bare_carriage_return_refused", "What a CR inside a line means to the server depends on "
           "how the bytes were cut into reads.", [b"PUB a\r.b 1\r\nx\r\n"], PROTO)
last_words("size_is_canonical", "0 or [1-9][0-9]*; the server echoes leading zeros to others and "
           "closes without a word on signs and ten digits.",
           [b"PUB a.b -1\r\n\r\n", b"PUB a.b 01\r\nx\r\n", b"PUB a.b 0000000001\r\nx\r\n"], PROTO)
last_words("subject_bytes_are_printable_ascii", "Control bytes and UTF-8 in subjects pass the "
           "server (ADR-6 recommends against them).",
           [b"PUB a\x01b 1\r\nx\r\n", b"PUB a\xc3\xa4 1\r\nx\r\n"], PROTO)
last_words("argument_count_is_a_protocol_error", "The server closes without saying why.",
           [b"PUB a.b\r\n", b"PUB a.b c d 1\r\nx\r\n", b"SUB a.b q 7 8\r\n", b"SUB a.b\r\n",
            b"UNSUB\r\n"], PROTO)
last_words("header_block_is_well_formed", "The server carries any bytes as a header block and "
           "finds its own fields in them by search.",
           [b"HPUB a.b 3 1\r\nx\r\n", b"HPUB a.b 4 6\r\nABCDhi\r\n",
            b"HPUB a.b 18 18\r\nNATS/1.0\r\nbroken\r\n\r\n"], PROTO)
last_words("headers_need_their_announcement", "HPUB without headers:true is closed silently by "
           "the server.", [b"HPUB a.b 12 13\r\nNATS/1.0\r\n\r\nx\r\n"], PROTO)
last_words("unsub_max_is_a_number", "The server reads -5 as: at once.", [b"UNSUB 1 -5\r\n"], PROTO)
last_words("sid_is_alphanumeric", "The server echoes any bytes as sid.", [b"SUB a.b si.d\r\n"],
           PROTO)
last_words("duplicate_sid_refused", "The server ignores the second SUB and the client believes "
           "otherwise.", [b"SUB a.b 900\r\nSUB a.b 900\r\n"], PROTO)
last_words("ping_has_no_arguments", "The server swallows anything up to LF after PING, PONG, +OK.",
           [b"PING junk\r\n", b"+OK\r\n"], PROTO)
last_words("server_operations_refused", "INFO is ignored by the server, MSG enters its parser, "
           "-ERR is written to its log.",
           [b"INFO {}\r\n", b"MSG a.b 1 1\r\nx\r\n", b"-ERR 'x'\r\n"], PROTO)
last_words("second_connect_refused", "The server changes identity in mid-stream.",
           [b"CONNECT {}\r\n"], PROTO)
