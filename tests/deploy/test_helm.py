"""The chart: linted and rendered by Helm's own code, and what comes out held against the schemas of Kubernetes."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from store.settings import load
from tests.docs.pages import ROOT

helm = pytest.importorskip("helm_python", reason="helm-python-sdk is not installed: `make test` installs it")
kubernetes = pytest.importorskip("kubernetes_validate", reason="kubernetes-validate is not installed: see `make test`")

CHART = ROOT / "deploy" / "helm" / "noshow"
PARTS = {"collector", "evaluator", "reconciler", "api"}
CLUSTER = {"cluster": "noshow", "evaluator": {"shards": ["clickhouse_1", "clickhouse_2", "clickhouse_3"]}}
VARIANTS: dict[str, dict[str, Any]] = {
    "as it is": {},
    "a cluster": CLUSTER,
    "all said": {
        "image": {"repository": "registry.example/noshow", "digest": "sha256:" + "0" * 64},
        "imagePullSecrets": [{"name": "pull"}],
        "secretFiles": ["webhooks"],
        "settings": {"evaluator": {"tick": "1s"}},
        "rules": {"orders.yaml": "workflow: orders\nsteps: {}\n"},
        "publicUrl": "https://noshow.example",
        "collector": {"spool": {"size": "50Gi", "storageClass": "fast"}},
        "networkPolicy": {"senders": [{"namespaceSelector": {}}], "stores": [{"ipBlock": {"cidr": "10.0.0.0/8"}}]},
        "nodeSelector": {"kubernetes.io/arch": "amd64"},
        "tolerations": [{"key": "noshow", "operator": "Exists"}],
    },
    "no policies, rules elsewhere": {"networkPolicy": {"enabled": False}, "rulesConfigMap": "rules"},
}
Manifest = dict[str, Any]


def rendered(values: Mapping[str, Any]) -> list[Manifest]:
    with helm.Chart.load(CHART) as chart:
        texts = chart.render(dict(values), name="noshow", namespace="shop")
    return [it for name, text in texts.items() if not name.endswith(".txt") for it in yaml.safe_load_all(text) if it]


def pods(manifests: list[Manifest]) -> Iterator[tuple[str, Manifest]]:
    for it in manifests:
        if "template" in it.get("spec", {}):
            yield it["metadata"]["name"].removeprefix("noshow-"), it["spec"]["template"]


def of_kind(manifests: list[Manifest], kind: str) -> dict[str, Manifest]:
    return {it["metadata"]["name"]: it for it in manifests if it["kind"] == kind}


def test_it_is_linted() -> None:
    told = helm.lint(CHART, strict=True)
    assert told["errors"] == []
    assert [it["error"] for it in told["messages"]] == ["icon is recommended"]


@pytest.mark.parametrize("name", VARIANTS)
def test_what_it_renders_is_what_kubernetes_takes(name: str) -> None:
    manifests = rendered(VARIANTS[name])
    assert len(manifests) > 10
    for manifest in manifests:
        for version in ("1.27", "1.34"):
            kubernetes.validate(manifest, version, strict=True)


@pytest.mark.parametrize("name", VARIANTS)
def test_every_pod_is_restricted(name: str) -> None:
    for _, template in pods(rendered(VARIANTS[name])):
        spec = template["spec"]
        assert spec["securityContext"]["runAsNonRoot"] is True
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert spec["automountServiceAccountToken"] is False
        [container] = spec["containers"]
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert "memory" in container["resources"]["limits"]
        mounted, volumes = {it["name"] for it in container["volumeMounts"]}, {it["name"] for it in spec["volumes"]}
        assert mounted - volumes <= {"data"}, "that of the collector is a claim"


def test_all_parts_are_there_and_migrated_before() -> None:
    manifests = rendered({})
    assert {name for name, _ in pods(manifests)} == {*PARTS, "migrate"}
    [job] = of_kind(manifests, "Job").values()
    assert job["metadata"]["annotations"]["helm.sh/hook"] == "pre-install,pre-upgrade"
    needed = {it["metadata"]["name"] for it in manifests if "helm.sh/hook" in it["metadata"].get("annotations", {})}
    assert {"noshow", "noshow-rules", "noshow-migrate"} <= needed, "what the migration mounts is there before it"
    assert {*of_kind(manifests, "PodDisruptionBudget")} == {f"noshow-{part}" for part in PARTS}


def test_a_collector_keeps_its_spool() -> None:
    [collector] = of_kind(rendered({}), "StatefulSet").values()
    [claim] = collector["spec"]["volumeClaimTemplates"]
    [container] = collector["spec"]["template"]["spec"]["containers"]
    assert {"name": "data", "mountPath": "/data"} in container["volumeMounts"]
    assert claim["metadata"]["name"] == "data"
    assert collector["spec"]["persistentVolumeClaimRetentionPolicy"] == {
        "whenDeleted": "Retain",
        "whenScaled": "Retain",
    }


def test_selectors_meet_their_pods() -> None:
    manifests = rendered(CLUSTER)
    labels = [template["metadata"]["labels"] for _, template in pods(manifests)]
    for it in manifests:
        spec = it.get("spec", {})
        selector = spec.get("selector") or spec.get("podSelector")
        if it["kind"] in ("Service", "PodDisruptionBudget", "NetworkPolicy", "Deployment", "StatefulSet"):
            wanted = selector.get("matchLabels", selector)
            assert any(wanted.items() <= it.items() for it in labels), it["metadata"]["name"]


def test_each_shard_has_evaluators_of_its_own() -> None:
    told = {}
    for name, template in pods(rendered(CLUSTER)):
        if name.startswith("evaluator"):
            environ = {it["name"]: it["value"] for it in template["spec"]["containers"][0]["env"]}
            addresses = next(it for it in template["spec"]["volumes"] if it["name"] == "addresses")["secret"]["items"]
            told[environ["NOSHOW_EVALUATOR_SHARD"]] = [it["key"] for it in addresses if it["path"] == "clickhouse_url"]
    assert told == {"1/3": ["clickhouse_1"], "2/3": ["clickhouse_2"], "3/3": ["clickhouse_3"]}


def test_the_environment_is_settings_that_there_are(tmp_path: Path) -> None:
    (tmp_path / "database_url").write_text("postgresql://noshow@postgres/noshow")
    (tmp_path / "clickhouse_url").write_text("http://clickhouse:8123")
    (tmp_path / "noshow.yaml").write_text("{}")
    places = {"/run/noshow": str(tmp_path), "/etc/noshow": str(tmp_path)}
    for _, template in pods(rendered({**VARIANTS["all said"], **CLUSTER})):
        environ = {it["name"]: it["value"] for it in template["spec"]["containers"][0]["env"]}
        for name, value in environ.items():
            for place, here in places.items():
                environ[name] = environ[name].replace(place, here)
            assert name.startswith("NOSHOW_") and value
        settings = load(environ)
        assert settings.clickhouse is not None
        assert settings.cluster == "noshow"


@pytest.mark.parametrize(
    "values",
    [
        {"colector": {}},
        {"collector": {"replicas": 0}},
        {"image": {"repository": "noshow", "digest": "latest"}},
        {"settings": {"clickhouse": {"url": "http://noshow:secret@clickhouse:8123"}}},
        {"rules": {"orders.txt": ""}},
    ],
)
def test_values_that_are_wrong_are_refused(values: dict[str, Any]) -> None:
    with helm.Chart.load(CHART) as chart, pytest.raises(helm.HelmError):
        chart.validate_schema(values)
