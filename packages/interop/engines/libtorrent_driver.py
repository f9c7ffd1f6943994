#!/usr/bin/python3
"""A libtorrent session that is driven over stdio, one JSON object a line.

The first argument holds settings that override the ones below. Commands come on stdin, each with an `id` and a
`do`; each is answered with that `id` and a `result` or an `error`. What happens meanwhile is told as lines with an
`event`. It ends when stdin does.
"""

import json
import queue
import sys
import threading
import time

import libtorrent as lt

# One torrent, TCP, no discovery: who talks to whom is decided by the tests alone.
SETTINGS = {
    "allow_multiple_connections_per_ip": True,
    "enable_dht": False,
    "enable_incoming_utp": False,
    "enable_lsd": False,
    "enable_natpmp": False,
    "enable_outgoing_utp": False,
    "enable_upnp": False,
    "listen_interfaces": "127.0.0.1:0,[::1]:0",
    # The enumerations are not in the Python module: 1 is `pe_enabled`, 2 `pe_disabled`.
    "in_enc_policy": 2,
    "out_enc_policy": 2,
    "alert_mask": lt.alert.category_t.error_notification
    | lt.alert.category_t.status_notification
    | lt.alert.category_t.connect_notification
    | lt.alert.category_t.peer_notification
    | lt.alert.category_t.piece_progress_notification
    | lt.alert.category_t.storage_notification
    | lt.alert.category_t.tracker_notification,
}

POLL_SECONDS = 0.01
STATS_SECONDS = 10

stdout_lock = threading.Lock()


def tell(line):
    with stdout_lock:
        sys.stdout.write(json.dumps(line) + "\n")
        sys.stdout.flush()


def endpoint(pair):
    address, port = pair
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def tell_alert(alert):
    event = type(alert).__name__.removesuffix("_alert")
    line = {"event": event, "message": alert.message()}
    if event == "listen_succeeded":
        line["endpoint"] = endpoint((str(alert.address), alert.port))
    elif event == "scrape_reply":
        line |= {"complete": alert.complete, "incomplete": alert.incomplete}
    elif hasattr(alert, "endpoint"):
        line["endpoint"] = endpoint(alert.endpoint)
    tell(line)


def watch(session, driver):
    # Neither `wait_for_alert`, which hands out an alert that the network thread may move meanwhile, nor
    # `set_alert_notify`, which has that thread wait for Python while it holds the lock that Python may be waiting for.
    while True:
        time.sleep(POLL_SECONDS)
        for alert in session.pop_alerts():
            if isinstance(alert, lt.session_stats_alert):
                driver.stats.put(alert.values)
            elif not isinstance(alert, lt.session_stats_header_alert):
                tell_alert(alert)
        driver.tell_changed_peers()


class Driver:
    def __init__(self, session):
        self.session = session
        self.torrent = None
        self.watches_peers = False
        self.upload_only_peers = set()
        self.stats = queue.SimpleQueue()

    def add(self, torrentPath, savePath, pex=False):
        params = lt.add_torrent_params()
        params.ti = lt.torrent_info(torrentPath)
        self.start(params, savePath, pex)

    def add_magnet(self, link, savePath, pex=False):
        self.start(lt.parse_magnet_uri(link), savePath, pex)

    def start(self, params, savePath, pex=False):
        params.save_path = savePath
        params.flags &= ~(lt.torrent_flags.auto_managed | lt.torrent_flags.paused)
        params.flags |= lt.torrent_flags.disable_dht | lt.torrent_flags.disable_lsd
        if not pex:
            params.flags |= lt.torrent_flags.disable_pex
        self.torrent = self.session.add_torrent(params)

    def connect(self, address, port):
        self.torrent.connect_peer((address, port))

    def remove(self):
        self.session.remove_torrent(self.torrent)

    def scrape(self):
        self.torrent.scrape_tracker()

    def prioritize_files(self, priorities):
        self.torrent.prioritize_files(priorities)

    def status(self):
        status = self.torrent.status()
        return {
            "state": str(status.state),
            "downloadedBytes": status.total_payload_download,
            "uploadedBytes": status.total_payload_upload,
            "failedBytes": status.total_failed_bytes,
            "redundantBytes": status.total_redundant_bytes,
            "pieceCount": status.num_pieces,
            "hasMetadata": status.has_metadata,
            "error": status.errc.message() if status.errc.value() != 0 else None,
        }

    def received_messages(self):
        """How many messages of each kind have come, of all connections."""
        self.session.post_session_stats()
        values = self.stats.get(timeout=STATS_SECONDS)
        prefix = "ses.num_incoming_"
        return {name.removeprefix(prefix): value for name, value in values.items() if name.startswith(prefix)}

    def peers(self):
        return [
            {
                "endpoint": endpoint(peer.ip),
                "client": peer.client.decode("utf-8", "replace"),
                "isOutgoing": bool(peer.flags & lt.peer_info.local_connection),
                "isSeed": bool(peer.flags & lt.peer_info.seed),
                "isUploadOnly": bool(peer.flags & lt.peer_info.upload_only),
                "supportsExtensions": bool(peer.flags & lt.peer_info.supports_extensions),
                "downloadedBytes": peer.total_download,
                "uploadedBytes": peer.total_upload,
                "hashFailures": peer.num_hashfails,
            }
            for peer in self.torrent.get_peer_info()
        ]

    def watch_peers(self):
        """From now on tells of peers that become upload-only (BEP 21); libtorrent has no alert of it."""
        self.watches_peers = True

    def tell_changed_peers(self):
        if not self.watches_peers:
            return
        upload_only = {endpoint(p.ip) for p in self.torrent.get_peer_info() if p.flags & lt.peer_info.upload_only}
        for peer in upload_only - self.upload_only_peers:
            tell({"event": "upload_only_begun", "endpoint": peer})
        self.upload_only_peers = upload_only

    def create(self, path, torrentPath, pieceLength, version):
        """`version` is `v1` or `hybrid`, which holds both infohashes (BEP 52)."""
        files = lt.file_storage()
        lt.add_files(files, path)
        flags = {"v1": lt.create_torrent.v1_only, "hybrid": 0}[version]
        torrent = lt.create_torrent(files, pieceLength, flags)
        lt.set_piece_hashes(torrent, path.rsplit("/", 1)[0])
        with open(torrentPath, "wb") as file:
            file.write(lt.bencode(torrent.generate()))


def limit_everybody():
    """By default peers on the local network are in a class without limits of rate."""
    classes = lt.ip_filter()
    limited = 1 << lt.session.global_peer_class_id
    classes.add_rule("0.0.0.0", "255.255.255.255", limited)
    classes.add_rule("::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", limited)
    return classes


def answer(driver, command):
    try:
        result = getattr(driver, command.pop("do"))(**command)
        return {"result": result}
    except Exception as error:  # The test decides what a failure means.
        return {"error": f"{type(error).__name__}: {error}"}


def main():
    overrides = json.loads(sys.argv[1]) if len(sys.argv) > 1 else {}
    session = lt.session({**SETTINGS, **overrides})
    session.set_peer_class_filter(limit_everybody())
    driver = Driver(session)
    threading.Thread(target=watch, args=(session, driver), daemon=True).start()
    for line in sys.stdin:
        command = json.loads(line)
        number = command.pop("id")
        tell({"id": number, **answer(driver, command)})


main()
