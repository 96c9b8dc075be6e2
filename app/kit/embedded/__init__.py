"""PostgreSQL for a machine that has none: `initdb` and `pg_ctl`, and who is using the server.

    with Cluster(state_dir) as cluster:
        connect(cluster.url)

Everything here blocks: use it before the event loop starts. Modules, in the order they import each other:
`errors`, `account` (who runs the server), `binaries` (with what), `home` (in which folder), `locks` (who uses it),
`postmaster` (is it running), `cluster` (start, join, stop).
"""

from app.kit.embedded.binaries import Binaries, find_binaries
from app.kit.embedded.cluster import Cluster
from app.kit.embedded.errors import EmbeddedError

__all__ = ["Binaries", "Cluster", "EmbeddedError", "find_binaries"]
