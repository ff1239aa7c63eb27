"""What compose.yaml, the Dockerfile and the units promise: held to without an engine."""

from __future__ import annotations

import getpass
import re
import resource
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from app.installation.database_checks import SILENT
from app.leaving import LATEST
from app.porter import BESIDE, OWN_FILES
from app.settings import NEEDED_IN_PRODUCTION, SECRETS, settings_from
from tests.house.sources import ROOT
from tests.yaml_reader import YamlError, read_yaml

COMPOSE: dict[str, Any] = read_yaml((ROOT / "compose.yaml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
PROCESSES = ("app1", "app2")
DEPLOY = ROOT / "docs" / "deploy"
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")


def stages() -> dict[str, list[tuple[str, str]]]:
    """The Dockerfile's stages by name, each with its instructions."""
    found: dict[str, list[tuple[str, str]]] = {}
    plain = "\n".join(line for line in DOCKERFILE.splitlines() if not line.startswith("#"))
    for line in plain.replace("\\\n", " ").splitlines():
        word, _, rest = line.strip().partition(" ")
        if word == "FROM":
            found[rest.rsplit(" ", 1)[1]] = steps = [(word, rest)]
        elif word:
            steps.append((word, rest))
    return found


def seconds(written: str) -> int:
    return int(written.removesuffix("s"))


# --- compose.yaml --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_is_hardened(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "privileged" not in service
    assert "cap_add" not in service


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_that_stays_says_how_it_is(name: str) -> None:
    if name in ("migrate", "front-log"):
        assert SERVICES[name]["healthcheck"] == {"disable": True}
        assert SERVICES[name]["restart"] == ("no" if name == "migrate" else "unless-stopped")
        return
    in_image = any(word == "HEALTHCHECK" for word, _ in stages().get(target(name), []))
    assert "healthcheck" in SERVICES[name] or in_image
    assert SERVICES[name]["restart"] == "unless-stopped"


def target(name: str) -> str:
    return str(SERVICES[name].get("build", {}).get("target"))


def test_only_the_front_is_reached_from_outside() -> None:
    assert {name for name, service in SERVICES.items() if "ports" in service} == {"front"}
    assert COMPOSE["networks"]["inside"]["internal"] is True
    for name in ("postgres", "valkey", "migrate", "front-log"):
        assert set(SERVICES[name]["networks"]) == {"inside"}


def test_the_schema_is_brought_up_to_date_before_any_process_starts() -> None:
    assert SERVICES["migrate"]["command"] == ["flask", "--app", "wsgi", "migrate"]
    assert SERVICES["migrate"]["depends_on"] == {"postgres": {"condition": "service_healthy"}}
    for name in PROCESSES:
        done = SERVICES[name]["depends_on"]["migrate"]
        assert done == {"condition": "service_completed_successfully"}


@pytest.mark.parametrize("name", PROCESSES)
def test_a_process_has_every_setting_and_no_secret_in_its_environment(name: str) -> None:
    environment = SERVICES[name]["environment"]
    given = {key.removesuffix("_FILE") for key in environment}
    assert set(NEEDED_IN_PRODUCTION) <= given
    for secret in SECRETS:
        assert secret not in environment
        file = environment[f"{secret}_FILE"]
        assert file.removeprefix("/run/secrets/") in SERVICES[name]["secrets"]


def test_every_secret_is_a_file_and_is_used() -> None:
    used = {name for service in SERVICES.values() for name in service.get("secrets", [])}
    assert used == set(COMPOSE["secrets"])
    assert all(secret["file"].startswith("secrets/") for secret in COMPOSE["secrets"].values())
    assert "secrets/" in (ROOT / ".gitignore").read_text().splitlines()


def test_processes_are_given_the_time_that_they_take_to_end() -> None:
    for name in PROCESSES:
        assert seconds(SERVICES[name]["stop_grace_period"]) > LATEST + 2


def test_the_front_knows_every_process_by_its_address() -> None:
    addresses = {SERVICES[name]["networks"]["inside"]["ipv4_address"] for name in PROCESSES}
    put_in = set(re.findall(r"/server (172\.\d+\.\d+\.\d+):8000 /", DOCKERFILE))
    assert put_in == addresses


def test_what_has_to_outlive_a_container_lies_on_a_volume() -> None:
    mounted = [
        volume.split(":") for service in SERVICES.values() for volume in service.get("volumes", [])
    ]
    # What certbot lays there is needed for a minute.
    assert {name for name, *_ in mounted} == {*COMPOSE["volumes"], "./acme"}
    assert ["keys", "/var/lib/wardmote"] in mounted
    assert ["turned-away", "/var/log/wardmote", "ro"] in mounted


def test_whom_the_front_turned_away_is_counted_in_every_deployment() -> None:
    log = "/var/log/wardmote/turned-away.log"
    assert f"access_log {log} turned_away" in (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
    counts = f"--app wsgi read-front-log {log}"
    assert counts in SERVICES["front-log"]["command"][2]
    assert "turned-away:/var/log/wardmote:ro" in SERVICES["front-log"]["volumes"]
    unit = (DEPLOY / "wardmote-front-log.service").read_text(encoding="utf-8")
    assert re.search(rf"^ExecStart=\S+ -m flask {counts}$", unit, re.MULTILINE)
    assert (DEPLOY / "wardmote-front-log.timer").exists()


def test_no_log_of_the_database_holds_what_people_entered() -> None:
    guide = (ROOT / "docs" / "deploy.md").read_text(encoding="utf-8")
    given = SERVICES["postgres"]["command"]
    for name, good in SILENT.items():
        assert f"{name}={good[0]}" in given
        assert f"    {name} = {good[0]}\n" in guide


# --- Dockerfile ----------------------------------------------------------------------------------


def test_only_what_the_lock_names_is_installed_and_nothing_is_compiled() -> None:
    (pip,) = [rest for word, rest in stages()["installed"] if "pip install" in rest]
    assert {"--require-hashes", "--no-deps", "--only-binary"} <= set(shlex.split(pip))
    for name in ("app", "front"):
        runs = " ".join(rest for word, rest in stages()[name] if word == "RUN")
        assert not re.search(r"\b(pip|apt-get|apk|gcc|make|curl)\b", runs)


def test_both_images_run_as_an_ordinary_user() -> None:
    for name in ("app", "front"):
        users = [rest for word, rest in stages()[name] if word == "USER"]
        assert users[-1] not in ("root", "0")


def test_both_images_say_how_they_are() -> None:
    for name in ("app", "front"):
        assert any(word == "HEALTHCHECK" for word, _ in stages()[name])


def test_the_build_sees_all_that_it_copies_and_no_more() -> None:
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    let_in = {line[1:] for line in lines if line.startswith("!")}
    copied = set[str]()
    for steps in stages().values():
        for word, rest in steps:
            if word == "COPY" and not rest.startswith("--from"):
                copied.update(rest.split()[:-1])
    assert lines[1] == "*"
    assert let_in == copied
    assert all((ROOT / name).exists() for name in copied)


# --- systemd -------------------------------------------------------------------------------------

UNIT = (DEPLOY / "wardmote@.service").read_text(encoding="utf-8")


def said(name: str) -> list[str]:
    return re.findall(rf"^{name}=(.*)$", UNIT, re.MULTILINE)


def test_the_unit_gives_a_process_the_time_that_it_takes_to_end() -> None:
    assert said("KillSignal") == ["SIGTERM"]
    assert said("KillMode") == ["mixed"]  # the room in which votes are counted ends with it
    assert int(said("TimeoutStopSec")[0]) > LATEST + 2


def test_a_restart_returns_only_once_the_front_asks_the_process_again() -> None:
    front = (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
    passed_over = [int(number) for number in re.findall(r"fail_timeout=(\d+)s;", front)]
    is_ready, waits = said("ExecStartPost")
    assert is_ready.endswith("/health/ready")
    # nginx reckons in whole seconds, and somebody has to ask once before it believes.
    assert float(waits.removeprefix("/usr/bin/sleep ")) >= max(passed_over) + 1 + 2


def test_the_unit_lets_a_process_open_as_many_files_as_its_connections_need() -> None:
    most = settings_from({"WARDMOTE_VAR": "/nowhere", "WARDMOTE_SECRET_KEY": "x"}).most_connections
    assert int(said("LimitNOFILE")[0]) >= most + BESIDE + OWN_FILES


def test_the_command_may_open_as_many_files_as_a_process_or_all_that_there_are() -> None:
    script = (DEPLOY / "wardmote").read_text(encoding="utf-8")
    (raised,) = [line for line in script.splitlines() if line.startswith("ulimit ")]
    (most,) = said("LimitNOFILE")
    assert raised.startswith(f"ulimit -Sn {most} ")
    for hard, soft in (("512", "512"), (None, min(int(most), hard_limit()))):
        at_first = f"ulimit -n {hard}" if hard else "ulimit -Sn 300"
        done = subprocess.run(
            ["/bin/sh", "-c", f"{at_first}; {raised}; ulimit -Sn"],
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout == f"{soft}\n"


def hard_limit() -> int:
    return resource.getrlimit(resource.RLIMIT_NOFILE)[1]


SHUTTING_IN = (
    "ProtectSystem",
    "ProtectHome",
    "PrivateTmp",
    "PrivateDevices",
    "NoNewPrivileges",
    "RestrictNamespaces",
    "SystemCallFilter",
)


@pytest.mark.parametrize("name", SHUTTING_IN)
def test_whoever_counts_the_log_of_the_front_is_shut_in_like_a_process(name: str) -> None:
    counting = (DEPLOY / "wardmote-front-log.service").read_text(encoding="utf-8")
    assert re.findall(rf"^{name}=(.*)$", counting, re.MULTILINE) == said(name) != []


@pytest.mark.parametrize(
    "line",
    [
        "User=wardmote",
        "NoNewPrivileges=yes",
        "ProtectSystem=strict",
        "ProtectHome=yes",
        "PrivateTmp=yes",
        "StateDirectory=wardmote",
        "CapabilityBoundingSet=",
        "SystemCallFilter=@system-service",
    ],
)
def test_the_unit_shuts_a_process_in(line: str) -> None:
    assert line in UNIT.splitlines()


def test_the_target_and_the_front_know_the_same_processes() -> None:
    target = (DEPLOY / "wardmote.target").read_text(encoding="utf-8")
    front = (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
    assert re.findall(r"wardmote@(\d+)\.service", target) == re.findall(
        r"server 127\.0\.0\.1:(\d+) ", front
    )


def test_systemd_finds_nothing_wrong_with_the_units(tmp_path: Path) -> None:
    analyse = shutil.which("systemd-analyze")
    if analyse is None:
        pytest.skip("No systemd-analyze to test with: apt-get install systemd")
    # Programs that this machine lacks are no fault of the unit.
    unit = re.sub(r"^(ExecStart(?:Post)?)=\S+", r"\1=/bin/true", UNIT, flags=re.MULTILINE)
    for number in (8001, 8002):
        (tmp_path / f"wardmote@{number}.service").write_text(unit)
    counting = re.sub(
        r"^ExecStart=\S+",
        "ExecStart=/bin/true",
        (DEPLOY / "wardmote-front-log.service").read_text(encoding="utf-8"),
        flags=re.MULTILINE,
    )
    (tmp_path / "wardmote-front-log.service").write_text(counting)
    for name in ("wardmote.target", "wardmote-front-log.timer"):
        shutil.copy(DEPLOY / name, tmp_path)
    units = ("wardmote@8001.service", "wardmote.target", "wardmote-front-log.timer")
    tried = subprocess.run(
        [analyse, "verify", *(tmp_path / name for name in units)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert [line for line in tried.stderr.splitlines() if "wardmote" in line] == []


def test_the_command_reads_the_settings_and_passes_its_arguments_on(tmp_path: Path) -> None:
    python = tmp_path / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text('#!/bin/sh\necho "$WARDMOTE_COUNCIL|$PWD|$*"\n')
    python.chmod(0o755)
    settings = tmp_path / "settings"
    shutil.copy(DEPLOY / "settings", settings)
    script = (DEPLOY / "wardmote").read_text(encoding="utf-8")
    script = script.replace("/etc/wardmote/settings", str(settings))
    script = script.replace("/srv/wardmote", str(tmp_path))
    script = script.replace("!= wardmote", f"!= {getpass.getuser()}")
    done = subprocess.run(
        ["/bin/sh", "-c", script, "wardmote", "count", "3"],
        capture_output=True,
        text=True,
        check=True,
    )
    council = "Millbrook Borough Council"
    assert done.stdout == f"{council}|{tmp_path}|-m flask --app wsgi count 3\n"


def test_the_settings_of_the_guide_are_complete(tmp_path: Path) -> None:
    lines = (DEPLOY / "settings").read_text(encoding="utf-8").splitlines()
    given = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    given = {name: value.strip('"') for name, value in given.items()}
    for secret in [name for name in given if name.endswith("_FILE")]:
        given[secret] = str(tmp_path / secret)
        (tmp_path / secret).write_text("x" * 32)
    (tmp_path / "WARDMOTE_SMTP_URL_FILE").write_text("smtps://mail.example.gov.uk:587")
    assert settings_from(given).in_production


# --- the reader ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "unknown", ["a: |", "a: 'b'", "a: {b: c}", "a: b: c", "a: b # c", 'a: "b\\n"', "a\n", "a: [b"]
)
def test_the_reader_refuses_what_it_does_not_know(unknown: str) -> None:
    with pytest.raises(YamlError):
        read_yaml(unknown)


def test_the_reader_refuses_a_key_said_twice() -> None:
    with pytest.raises(YamlError):
        read_yaml("a: b\na: c")


def test_the_reader_merges_what_is_said_once() -> None:
    written = 'x: &x\n  a: b\n  c: [1, "2, 3"]\ny:\n  <<: *x\n  a: d\n  e:\n    - f: g\n    - h\n'
    assert read_yaml(written)["y"] == {"a": "d", "c": [1, "2, 3"], "e": [{"f": "g"}, "h"]}


def test_every_file_of_a_deployment_is_named_in_its_guide() -> None:
    guide = (ROOT / "docs" / "deploy.md").read_text(encoding="utf-8")
    files: list[Path] = [*(ROOT / "docs" / "deploy").iterdir(), ROOT / "compose.yaml"]
    assert [file.name for file in files if file.name not in guide] == []
