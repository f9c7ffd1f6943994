#!/usr/bin/python3
"""A libtorrent session with one torrent: `seed TORRENT FOLDER`, `download TORRENT FOLDER PORT` or `recheck TORRENT
FOLDER`. A seed prints the port it listens on and ends when stdin does; the others end when they are done.
"""

import sys
import threading

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
    "alert_mask": lt.alert.category_t.error_notification
    | lt.alert.category_t.status_notification
    | lt.alert.category_t.storage_notification,
}


def wait_for(session, *kinds):
    """Waits until an alert of each kind has come; a fault of the torrent ends the process."""
    # Not `wait_for_alert`: it hands out an alert that the network thread may move meanwhile, and crashes.
    posted = threading.Event()
    posted.set()
    session.set_alert_notify(posted.set)
    missing = set(kinds)
    while missing:
        posted.wait()
        posted.clear()
        for alert in session.pop_alerts():
            kind = type(alert).__name__.removesuffix("_alert")
            if kind in ("torrent_error", "file_error", "listen_failed"):
                sys.exit(alert.message())
            missing.discard(kind)


def main(task, torrent_path, folder, port=None):
    session = lt.session(SETTINGS)
    params = lt.add_torrent_params()
    params.ti = lt.torrent_info(torrent_path)
    params.save_path = folder
    params.flags &= ~(lt.torrent_flags.auto_managed | lt.torrent_flags.paused)
    torrent = session.add_torrent(params)
    if task == "download":
        wait_for(session, "torrent_checked")
        torrent.connect_peer(("127.0.0.1", int(port)))
        wait_for(session, "torrent_finished")
        torrent.flush_cache()
        wait_for(session, "cache_flushed")
        return
    wait_for(session, "torrent_checked", "listen_succeeded")
    if not torrent.status().is_seeding:
        sys.exit("the data is not as the torrent says")
    if task == "seed":
        print(session.listen_port(), flush=True)
        sys.stdin.read()


main(*sys.argv[1:])
