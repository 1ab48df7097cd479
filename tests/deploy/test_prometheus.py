"""What Prometheus is told in docs/deploy.md, done as Prometheus does it."""

from __future__ import annotations

import httpx
import yaml
from prometheus_client.parser import text_string_to_metric_families

import realtime_widgets as rw
from realtime_widgets.hub import Hub, Rights
from support.deployment import DEPLOY, command_of_unit, option, shown
from support.servers import LIMIT, wait_for

SECRET = "canary-secret-0123456789abcdef-0123"


def test_each_hub_is_asked_by_itself_with_a_token_for_nothing_else():
    (job,) = yaml.safe_load(shown("prometheus.yml"))["scrape_configs"]
    # The rest is as usual: http, /metrics, Bearer.
    assert set(job) == {"job_name", "authorization", "static_configs"}
    ((_, path),) = job["authorization"].items()
    assert path.startswith("/etc/prometheus/")
    targets = [one for group in job["static_configs"] for one in group["targets"]]
    assert targets == ["127.0.0.1:8001", "127.0.0.1:8002"]
    with Hub(secret=SECRET, hosts=[option(command_of_unit(), "--hosts")]) as hub:
        token = hub.token_for(Rights(subscribe=["metrics"]), expires="365d")
        headers = {"Authorization": f"Bearer {token}", "Host": f"127.0.0.1:{hub.port}"}

        def asked(path: str) -> httpx.Response:
            return httpx.get(f"{hub.address}{path}", headers=headers, trust_env=False, timeout=LIMIT)

        def there() -> set[str]:
            return {family.name for family in text_string_to_metric_families(asked("/metrics").text)}

        assert asked("/history/x").status_code == 403
        # What never happened is not there; so the hub has somebody go, whose token ends.
        with rw.connect(hub.url, auth=hub.token_for(Rights(subscribe=["x"]), expires="1s"), reconnect=None):
            wait_for(lambda: "rw_hub_closed" in there())
        found = there()
    text = (DEPLOY.parent / "deploy.md").read_text()
    named = {word.strip("`(),.;:") for word in text.split() if word.strip("`(),.;:").startswith("rw_hub_")}
    assert named
    assert {name.removesuffix("_total") for name in named} <= found
