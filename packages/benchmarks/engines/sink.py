#!/usr/bin/python3
"""A peer that asks for everything and keeps nothing: PORT INFOHASH PIECES PIECE_LENGTH TOTAL_LENGTH.

It is as fast as a seed may want its peers to be. Prints, as one line of JSON, how many seconds it took from the first
block to the last, and the bytes of all blocks. BEP 3 and nothing more.
"""

import json
import socket
import struct
import sys
import time

BLOCK = 16384
# Blocks that are asked for at any time, at most, and that are asked for at once.
DEPTH = 128
BATCH = 32
BUFFER = 1024 * 1024
RETRY_SECONDS = 0.1
# Least that a silent seed is waited for: some look at whom to unchoke every ten seconds only.
TIMEOUT_SECONDS = 60

INTERESTED = b"\0\0\0\1\2"
CHOKE, UNCHOKE, PIECE = 0, 1, 7


def make_requests(piece_count, piece_length, total):
    """Every request there is, one after the other, and how many."""
    requests = []
    for piece in range(piece_count):
        length = min(piece_length, total - piece * piece_length)
        for begin in range(0, length, BLOCK):
            requests.append(struct.pack(">IBIII", 13, 6, piece, begin, min(BLOCK, length - begin)))
    return b"".join(requests), len(requests)


def connect(port, info_hash):
    """A connection on which handshakes have been exchanged; a seed may still be opening its torrent."""
    handshake = b"\x13BitTorrent protocol" + bytes(8) + info_hash + b"-SK0001-000000000000"
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while True:
        connection = socket.socket()
        connection.settimeout(TIMEOUT_SECONDS)
        try:
            connection.connect(("127.0.0.1", port))
            connection.sendall(handshake)
            if len(connection.recv(68, socket.MSG_WAITALL)) == 68:
                return connection
        except ConnectionError:
            pass
        connection.close()
        if time.monotonic() > deadline:
            sys.exit("the seed does not answer")
        time.sleep(RETRY_SECONDS)


def main(port, info_hash, piece_count, piece_length, total):
    requests, block_count = make_requests(int(piece_count), int(piece_length), int(total))
    connection = connect(int(port), bytes.fromhex(info_hash))
    connection.sendall(INTERESTED)
    buffer = bytearray(BUFFER)
    view = memoryview(buffer)
    kept = asked = blocks = skip = 0
    choked = True
    started = None
    is_block = False
    while blocks < block_count:
        read = connection.recv_into(view[kept:])
        if read == 0:
            sys.exit(f"the seed left after {blocks} of {block_count} blocks")
        end = kept + read
        position = 0
        # `skip` is what is still to come of a message that began further up.
        while True:
            if skip > end - position:
                skip -= end - position
                position = end
                break
            position += skip
            skip = 0
            blocks += is_block
            is_block = False
            if end - position < 5:
                if end - position < 4 or buffer[position : position + 4] != b"\0\0\0\0":
                    break
                position += 4
                continue
            (skip,) = struct.unpack_from(">I", buffer, position)
            position += 4
            if skip == 0:
                continue
            kind = buffer[position]
            if kind == PIECE:
                is_block = True
                if started is None:
                    started = time.monotonic()
            elif kind == UNCHOKE:
                choked = False
            elif kind == CHOKE:
                # What was asked for and has not come is lost (BEP 3).
                choked = True
                asked = blocks + is_block
        kept = end - position
        buffer[:kept] = buffer[position:end]
        while not choked and asked < block_count and asked - blocks <= DEPTH - BATCH:
            until = min(asked + BATCH, block_count)
            connection.sendall(requests[asked * 17 : until * 17])
            asked = until
    print(json.dumps({"seconds": time.monotonic() - started, "bytes": int(total)}))


main(*sys.argv[1:])
