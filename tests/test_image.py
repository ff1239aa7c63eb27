"""The images as far as they can be tried without an engine: who runs, and what is writable."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import subprocess
import sys
import sysconfig
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser import ROOT, is_healthy
from tests.cluster import installed_nginx, nginx_here
from tests.house.test_deployment import stages
from tests.servers import (
    can_run,
    end_process,
    free_port,
    ordinary_user,
    start_process,
    temporary_folder,
    wait_until,
)


def copied(stage: str, into: Path) -> None:
    """Copy what the stage's COPY lines copy from here."""
    for word, rest in stages()[stage]:
        if word != "COPY" or rest.startswith("--from"):
            continue
        *names, place = rest.split()
        for name in names:
            found = ROOT / name
            if found.is_dir():
                ignored = shutil.ignore_patterns("__pycache__")
                shutil.copytree(found, into / Path(place).name, ignore=ignored)
            else:
                shutil.copy(found, into / Path(name).name)


def python_for_everybody() -> str:
    """An interpreter of our version that the ordinary user may run."""
    user = ordinary_user()
    here = f"python{sys.version_info.major}.{sys.version_info.minor}"
    for found in (sys.executable, f"/usr/bin/{here}"):
        if user is None or (Path(found).exists() and can_run(Path(found), user)):
            return found
    pytest.skip(f"No {here} that an ordinary user may run: apt-get install {here}")


@pytest.fixture
def root() -> Iterator[Path]:
    """What lies in /srv/wardmote, with nothing in it that anybody may write."""
    with temporary_folder("image") as folder:
        tree = folder / "srv"
        tree.mkdir()
        copied("app", tree)
        for path in (tree, *tree.rglob("*")):
            path.chmod(0o555 if path.is_dir() else 0o444)
        yield tree
        for path in (tree, *tree.rglob("*")):
            if path.is_dir():
                path.chmod(0o755)


def test_a_process_runs_as_an_ordinary_user_on_a_root_that_nobody_may_write(root: Path) -> None:
    python, port, data = python_for_everybody(), free_port(), root.with_name("data")
    data.mkdir()
    key = root.with_name("secret_key")
    key.write_text(secrets.token_hex(32))
    user = ordinary_user()
    for mine in (data, key):
        mine.chmod(0o700)
        if user is not None:
            os.chown(mine, user.pw_uid, user.pw_gid)
    # The client of Redis asks patch releases before 3.11.3, such as Debian 12's, for a package that
    # is not installed for a later one; what it takes from it, asyncio has.
    backports = root.with_name("backports")
    backports.mkdir()
    (backports / "async_timeout.py").write_text("from asyncio import timeout as timeout\n")
    environ = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.pathsep.join([sysconfig.get_path("purelib"), str(backports)]),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONUNBUFFERED": "1",
        "TMPDIR": str(data),
        "HOST": "127.0.0.1",
        "PORT": str(port),
        "WARDMOTE_ENVIRONMENT": "production",
        "WARDMOTE_VAR": str(data),
        "WARDMOTE_SECRET_KEY_FILE": str(key),
        "WARDMOTE_DATABASE_URL": f"sqlite:///{data / 'wardmote.db'}",
        "WARDMOTE_COUNCIL": "Millbrook",
        "WARDMOTE_PUBLIC_URL": "https://wardmote.example",
        "WARDMOTE_SMTP_URL": "smtp://127.0.0.1:9",
        "WARDMOTE_MAIL_FROM": "wardmote@millbrook.example",
    }
    log = root.with_name("log")
    with log.open("ab") as lines:
        migrated = start_process(
            [python, "-m", "flask", "--app", "wsgi", "migrate"],
            log=lines,
            env=environ,
            cwd=root,
            as_ordinary_user=True,
        )
        assert migrated.wait(60) == 0, log.read_text()
        process = start_process(
            [python, "wsgi.py"], log=lines, env=environ, cwd=root, as_ordinary_user=True
        )
    try:
        ready = f"http://127.0.0.1:{port}/health/ready"
        wait_until(lambda: is_healthy(ready), process, log, within=60)
        assert is_healthy(f"http://127.0.0.1:{port}/")
        assert is_healthy(f"http://127.0.0.1:{port}/static/css/wardmote.css")
        if user is not None:
            assert Path(f"/proc/{process.pid}").stat().st_uid == user.pw_uid
        time.sleep(1.5)  # the clerk has looked once
        assert "Traceback" not in log.read_text()
    finally:
        end_process(process)
    assert process.returncode == 0
    assert {path.name for path in data.iterdir()} >= {"wardmote.db"}


def test_the_front_of_the_image_is_the_site_of_the_guide(tmp_path: Path) -> None:
    (run,) = [rest for word, rest in stages()["front"] if word == "RUN"]
    expressions = re.findall(r"-e '(s[/#].*?)'", run.split("/tmp/site.conf >")[0])
    assert len(expressions) >= 10
    command = ["sed", *(part for each in expressions for part in ("-e", each))]
    site = subprocess.run(
        [*command, ROOT / "docs" / "deploy" / "nginx.conf"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "127.0.0.1" not in site
    assert "example" not in site
    assert re.findall(r"listen (?:\[::\]:)?(\d+)", site) == ["8080", "8080", "8443", "8443"]
    assert "/etc/letsencrypt" not in site
    # What is left of the original are the lines that no expression is about.
    without = "\n".join(line for line in site.splitlines() if not line.endswith("# TLS"))
    without = without.replace("listen 8080;", f"listen 127.0.0.1:{free_port()};")
    without = without.replace("/var/log/wardmote", str(tmp_path))
    file = tmp_path / "nginx.conf"
    file.write_text(nginx_here(without, tmp_path))
    tried = subprocess.run(
        [installed_nginx(), "-e", "stderr", "-p", tmp_path, "-t", "-c", file],
        capture_output=True,
        text=True,
        check=False,
    )
    assert "syntax is ok" in tried.stderr
