"""A hub for who may use this Jupyter server, below …/realtime-widgets/. For a folder that `jupyter --paths` names.

Jupyter asks for its own token. Only Jupyter and the hub know the hub's, so other users of the machine, who can reach
its port, do not come in.
"""

import secrets
import sys

HUB = [sys.executable, "-m", "realtime_widgets", "hub"]
TOKEN = secrets.token_urlsafe(24)

c = get_config()  # noqa: F821
c.ServerProxy.servers = {
    "realtime-widgets": {
        "command": [*HUB, "--port", "{port}", "--hosts", "jupyter.example.org"],
        "environment": {"REALTIME_WIDGETS_TOKEN": TOKEN},
        "request_headers_override": {"Authorization": f"Bearer {TOKEN}"},
        "timeout": 30,
        "update_last_activity": False,  # a chart that is looked at keeps no idle server alive
        "launcher_entry": {"enabled": False},
    }
}
