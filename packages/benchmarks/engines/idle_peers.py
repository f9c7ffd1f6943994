#!/usr/bin/python3
"""Peers that connect, say what they have and do nothing more: PORT INFOHASH PIECES.

Reads from stdin, line by line, how many more are to connect, and answers with the count of all. Each has half the
pieces, and an address of its own in 127.0.0.0/8. Ends when stdin does.
"""

import resource
import selectors
import socket
import struct
import sys
import threading

# BEP 10 and BEP 6.
RESERVED = bytes([0, 0, 0, 0, 0, 0x10, 0, 0x04])
EXTENSION_HANDSHAKE = b"d1:md11:ut_metadatai2e6:ut_pexi1ee1:v11:Idle Peer 1e"


def message(kind, payload):
    return struct.pack(">IB", 1 + len(payload), kind) + payload


class Peers:
    def __init__(self, port, info_hash, piece_count):
        self.port = port
        self.info_hash = info_hash
        bitfield = bytes([0xAA]) * (piece_count // 8)
        self.greeting = message(20, b"\0" + EXTENSION_HANDSHAKE) + message(5, bitfield)
        self.count = 0
        self.selector = selectors.DefaultSelector()

    def connect(self):
        self.count += 1
        connection = socket.socket()
        connection.bind((f"127.1.{self.count >> 8}.{self.count & 0xFF}", 0))
        connection.connect(("127.0.0.1", self.port))
        peer_id = b"-ID0001-%012d" % self.count
        connection.sendall(b"\x13BitTorrent protocol" + RESERVED + self.info_hash + peer_id)
        if len(connection.recv(68, socket.MSG_WAITALL)) < 68:
            sys.exit(f"peer {self.count} was turned away")
        connection.sendall(self.greeting)
        self.selector.register(connection, selectors.EVENT_READ)

    def drain(self):
        while True:
            for key, _ in self.selector.select():
                if len(key.fileobj.recv(65536)) == 0:
                    self.selector.unregister(key.fileobj)


def main(port, info_hash, piece_count):
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    peers = Peers(int(port), bytes.fromhex(info_hash), int(piece_count))
    threading.Thread(target=peers.drain, daemon=True).start()
    for line in sys.stdin:
        for _ in range(int(line)):
            peers.connect()
        print(peers.count, flush=True)


main(*sys.argv[1:])
