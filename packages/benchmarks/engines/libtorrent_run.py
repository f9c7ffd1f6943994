#!/usr/bin/python3
"""libtorrent with one torrent. The first argument says what to do, the second is the torrent's path:

seed TORRENT FOLDER                 prints the port it listens on and stays until stdin ends
download TORRENT FOLDER PORT        from the seed at that port, into an empty folder
leech TORRENT FOLDER PORT COUNT     as many sessions, each downloads its share; prints {"seconds": …, "bytes": …}
recheck TORRENT FOLDER              hashes data that is complete
create TORRENT FILE                 makes a torrent with pieces of 1 MiB
"""

import json
import os
import sys
import time

import libtorrent as lt

# libtorrent's defaults, but for discovery and for TCP only. The enumerations are not in the Python module: for the
# policies 1 is `pe_enabled` and 2 `pe_disabled`. A seed takes encrypted handshakes, since aria2 begins with one, and
# then chooses plain text: all engines move their data unencrypted.
SETTINGS = {
    "allow_multiple_connections_per_ip": True,
    "enable_dht": False,
    "enable_incoming_utp": False,
    "enable_lsd": False,
    "enable_natpmp": False,
    "enable_outgoing_utp": False,
    "enable_upnp": False,
    "listen_interfaces": "127.0.0.1:0",
    "in_enc_policy": 1,
    "out_enc_policy": 2,
    "prefer_rc4": False,
    # Seconds. A seed may turn down a connection that comes while it still opens the torrent.
    "min_reconnect_time": 1,
    "alert_mask": lt.alert.category_t.error_notification
    | lt.alert.category_t.status_notification
    | lt.alert.category_t.storage_notification,
}

FAILURES = ("torrent_error", "file_error", "listen_failed")
PIECE_LENGTH = 1024 * 1024
# How often to look whether something has happened. Neither `wait_for_alert`, which hands out an alert that the network
# thread may move meanwhile, nor `set_alert_notify`, which has that thread wait for Python while it holds the lock that
# Python may be waiting for.
POLL_SECONDS = 0.005


class Session:
    """A session with a torrent, and what it has told of itself."""

    def __init__(self, torrent_path, folder, flags=0):
        self.seen = set()
        self.session = lt.session(SETTINGS)
        params = lt.add_torrent_params()
        params.ti = lt.torrent_info(torrent_path)
        params.save_path = folder
        params.flags &= ~(lt.torrent_flags.auto_managed | lt.torrent_flags.paused)
        params.flags |= flags
        self.torrent = self.session.add_torrent(params)

    def wait_for(self, *kinds):
        """Waits until an alert of each kind has come; a failure ends the process."""
        while not self.seen.issuperset(kinds):
            time.sleep(POLL_SECONDS)
            for alert in self.session.pop_alerts():
                kind = type(alert).__name__.removesuffix("_alert")
                if kind in FAILURES:
                    sys.exit(alert.message())
                self.seen.add(kind)

    def connect(self, port):
        self.torrent.connect_peer(("127.0.0.1", int(port)))


def seed(torrent_path, folder):
    session = Session(torrent_path, folder, lt.torrent_flags.seed_mode)
    session.wait_for("torrent_checked", "listen_succeeded")
    print(session.session.listen_port(), flush=True)
    sys.stdin.read()


def download(torrent_path, folder, port):
    session = Session(torrent_path, folder)
    session.wait_for("torrent_checked")
    session.connect(port)
    session.wait_for("torrent_finished")
    session.torrent.flush_cache()
    session.wait_for("cache_flushed")


def leech(torrent_path, folder, port, count):
    count = int(count)
    sessions = []
    for index in range(count):
        session = Session(torrent_path, os.path.join(folder, str(index)))
        pieces = session.torrent.torrent_file().num_pieces()
        share = range(index * pieces // count, (index + 1) * pieces // count)
        session.torrent.prioritize_pieces([int(piece in share) * 4 for piece in range(pieces)])
        session.wait_for("torrent_checked")
        sessions.append(session)
    for session in sessions:
        session.connect(port)
    while not any(session.torrent.status().total_payload_download for session in sessions):
        time.sleep(POLL_SECONDS)
    started = time.monotonic()
    for session in sessions:
        session.wait_for("torrent_finished")
    seconds = time.monotonic() - started
    total = sum(session.torrent.status().total_payload_download for session in sessions)
    print(json.dumps({"seconds": seconds, "bytes": total}), flush=True)


def recheck(torrent_path, folder):
    session = Session(torrent_path, folder)
    session.wait_for("torrent_checked")
    if not session.torrent.status().is_seeding:
        sys.exit("the data is not as the torrent says")


def create(torrent_path, path):
    files = lt.file_storage()
    lt.add_files(files, path)
    torrent = lt.create_torrent(files, PIECE_LENGTH, lt.create_torrent.v1_only)
    lt.set_piece_hashes(torrent, os.path.dirname(path))
    with open(torrent_path, "wb") as file:
        file.write(lt.bencode(torrent.generate()))


TASKS = {"seed": seed, "download": download, "leech": leech, "recheck": recheck, "create": create}
TASKS[sys.argv[1]](*sys.argv[2:])
sys.stdout.flush()
# Without the end of the session, which would announce and wait.
os._exit(0)
