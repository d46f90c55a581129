"""No cluster is needed: schemas of Kubernetes, our settings and commands, and what the files name of each other."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings

from telephony.supervisor import EXIT_SECONDS
from tests.site.entrypoints import check_command
from tests.site.test_configuration import in_example

FOLDER = Path(settings.BASE_DIR, "docs", "kubernetes")
KUSTOMIZATION: dict[str, Any] = yaml.safe_load((FOLDER / "kustomization.yaml").read_text())
MANIFESTS: list[dict[str, Any]] = [
    document for name in KUSTOMIZATION["resources"] for document in yaml.safe_load_all((FOLDER / name).read_text())
]
CONFIGURATION: dict[str, str] = next(each["data"] for each in MANIFESTS if each["kind"] == "ConfigMap")
MOUNTED = "/run/secrets/voicebot/"


def named(kind: str, name: str) -> dict[str, Any]:
    return next(each for each in MANIFESTS if (each["kind"], each["metadata"]["name"]) == (kind, name))


def title(manifest: dict[str, Any]) -> str:
    return f"{manifest['kind']}-{manifest['metadata']['name']}"


def pods() -> list[tuple[str, dict[str, Any], dict[str, str]]]:
    """(title, pod's specification, its labels) of whatever starts pods."""
    return [
        (title(each), each["spec"]["template"]["spec"], each["spec"]["template"]["metadata"]["labels"])
        for each in MANIFESTS
        if "template" in each.get("spec", {})
    ]


PODS = {name: (specification, labels) for name, specification, labels in pods()}
CONTAINERS = {
    f"{name}/{container['name']}": (container, specification)
    for name, (specification, _) in PODS.items()
    for container in (*specification.get("initContainers", []), *specification["containers"])
}
each_container = pytest.mark.parametrize("container", CONTAINERS)
each_pod = pytest.mark.parametrize("pod", PODS)


def test_no_file_is_left_out():
    found = {path.name for path in FOLDER.glob("*.yaml")} - {"kustomization.yaml"}
    assert found == set(KUSTOMIZATION["resources"])


@pytest.mark.parametrize("manifest", MANIFESTS, ids=title)
@pytest.mark.parametrize("version", ["1.29", "1.34"])
def test_kubernetes_knows_every_field(manifest: dict[str, Any], version: str):
    import kubernetes_validate  # a second, which every process of the suite would wait for

    kubernetes_validate.validate(manifest, version, strict=True)


def test_a_field_that_kubernetes_does_not_know_would_be_found():
    import kubernetes_validate

    wrong = named("Deployment", "voicebot-beat") | {"sepc": {}}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, "1.34", strict=True)


@each_container
def test_each_command_starts(container: str):
    check_command(CONTAINERS[container][0]["command"])


@each_container
def test_nobody_is_root_or_may_become_it(container: str):
    box, pod = CONTAINERS[container]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["runAsUser"] == 10001
    assert pod["automountServiceAccountToken"] is False
    assert box["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }


@each_container
def test_memory_has_a_limit_and_a_request(container: str):
    resources = CONTAINERS[container][0]["resources"]
    assert {"cpu", "memory"} <= resources["requests"].keys()
    assert "memory" in resources["limits"]


@each_container
def test_what_is_mounted_and_read_is_there(container: str):
    box, pod = CONTAINERS[container]
    volumes = {volume["name"]: volume for volume in pod["volumes"]}
    assert {mount["name"] for mount in box["volumeMounts"]} <= volumes.keys()
    assert named("PersistentVolumeClaim", volumes["data"]["persistentVolumeClaim"]["claimName"])
    assert named("ConfigMap", box["envFrom"][0]["configMapRef"]["name"])
    secret = next(mount for mount in box["volumeMounts"] if mount["name"] == "secrets")
    assert secret["mountPath"] + "/" == MOUNTED
    assert volumes["secrets"]["secret"]["secretName"] == "voicebot"


@each_container
def test_probes_name_ports_of_their_container(container: str):
    box = CONTAINERS[container][0]
    ports = {port["name"] for port in box.get("ports", [])}
    for kind in ("readinessProbe", "livenessProbe"):
        probe = box.get(kind, {})
        for way in ("httpGet", "tcpSocket"):
            assert probe.get(way, {}).get("port", next(iter(ports), None)) in ports | {None}


@each_pod
def test_services_policies_and_budgets_choose_pods_that_exist(pod: str):
    labels = PODS[pod][1]
    chosen = [
        each
        for each in MANIFESTS
        if each["kind"] in ("Service", "PodDisruptionBudget")
        for selector in [each["spec"]["selector"]]
        if selector.get("matchLabels", selector).items() <= labels.items()
    ]
    expected = {"web": 2, "audiosocket": 2}.get(labels["app.kubernetes.io/component"], 0)
    assert len(chosen) == expected


def test_each_variable_is_a_documented_one():
    assert {name.removesuffix("_FILE") for name in CONFIGURATION} <= in_example().keys()


def test_the_guide_makes_every_file_of_the_secret_and_no_other():
    guide = (FOLDER / "README.md").read_text().split("secrets && cd secrets")[1].split("cd ..")[0]
    made = set(re.findall(r"> (\w+)$", guide, re.MULTILINE))
    made |= set(next(iter(re.findall(r"touch ([\w ]+?)  ", guide))).split())
    wanted = {value.removeprefix(MOUNTED) for name, value in CONFIGURATION.items() if name.endswith("_FILE")}
    assert made == wanted


def test_only_the_migration_knows_the_owner_of_the_tables():
    def secrets(pod: dict[str, Any]) -> set[str]:
        return {volume["secret"]["secretName"] for volume in pod["volumes"] if "secret" in volume}

    assert [name for name, (pod, _) in PODS.items() if "voicebot-owner" in secrets(pod)] == ["Job-voicebot-migrate"]
    (migrate,) = PODS["Job-voicebot-migrate"][0]["containers"]
    (url,) = migrate["env"]
    (mount,) = [mount for mount in migrate["volumeMounts"] if mount["name"] == "owner"]
    assert url == {"name": "DATABASE_URL_FILE", "value": f"{mount['mountPath']}/database_url"}
    assert "generic voicebot-owner --from-file=owner/" in (FOLDER / "README.md").read_text()


def test_the_product_starts_with_the_configuration_and_a_secret(tmp_path: Path):
    values = {"database_url": "postgres://nobody@127.0.0.1:1/none", "redis_url": "redis://127.0.0.1:1/0"}
    values |= {"secret_key": "k" * 10 + "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGH", "deepgram_api_key": "d"}
    values |= {"encryption_keys": "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=", "metrics_token": "m" * 32}
    environment = {"PATH": os.environ["PATH"], "DATA_DIR": str(tmp_path)}
    for name, value in CONFIGURATION.items():
        if name.endswith("_FILE"):
            path = tmp_path / value.removeprefix(MOUNTED)
            path.write_text(values.get(path.name, "") + "\n")
            value = str(path)
        environment[name] = value
    done = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy"],
        cwd=settings.BASE_DIR,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert "security." not in done.stderr


def test_calls_have_the_time_to_end():
    pod = PODS["Deployment-voicebot-audiosocket"][0]
    rest = int(pod["containers"][0]["lifecycle"]["preStop"]["exec"]["command"][1])
    assert pod["terminationGracePeriodSeconds"] > rest + float(CONFIGURATION["DRAIN_SECONDS"]) + EXIT_SECONDS


def test_an_update_never_leaves_callers_without_a_pod():
    for name in ("voicebot-web", "voicebot-audiosocket"):
        deployment = named("Deployment", name)
        assert deployment["spec"]["strategy"]["rollingUpdate"] == {"maxUnavailable": 0, "maxSurge": 1}
    scaler = named("HorizontalPodAutoscaler", "voicebot-audiosocket")["spec"]
    assert scaler["minReplicas"] >= 2
    assert "replicas" not in named("Deployment", "voicebot-audiosocket")["spec"]  # or each apply would undo it


def test_the_autoscaler_acts_on_a_metric_that_is_told_before_pods_are_full():
    from monitoring import metrics

    metric = named("HorizontalPodAutoscaler", "voicebot-audiosocket")["spec"]["metrics"][0]["pods"]
    assert metric["metric"]["name"] == metrics.active_calls._name
    assert metric["metric"]["name"] in (FOLDER / "README.md").read_text()
    assert 0 < int(metric["target"]["averageValue"]) < settings.MAX_CALLS_PER_WORKER


def test_there_is_exactly_one_beat():
    beat = named("Deployment", "voicebot-beat")["spec"]
    assert (beat["replicas"], beat["strategy"]) == (1, {"type": "Recreate"})


def test_callers_addresses_arrive():
    assert named("Service", "voicebot-audiosocket")["spec"]["externalTrafficPolicy"] == "Local"
