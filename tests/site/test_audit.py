"""`make audit` says what it knows: pip-audit itself asks a service on loopback that speaks as osv.dev does."""

import json
import os
import subprocess
import sys
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from django.conf import settings

from tests.audit import NOT_AUDITED, NOTHING_KNOWN, VULNERABLE, Findings

REQUIREMENTS = "".join(f"{pinned} --hash=sha256:{'0' * 64}\n" for pinned in ("good==1.0", "bad==2.0"))
WEAKNESS = {
    "id": "PYSEC-2026-1",
    "summary": "Lets strangers in.",
    "affected": [
        {
            "package": {"name": "bad", "ecosystem": "PyPI"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "2.1"}]}],
        }
    ],
}


class Silent(Exception):
    """Raised by a service that takes the question and never answers."""


@contextmanager
def service(answer):
    """Its address; `answer` says what is known of a package."""
    over = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            try:
                body = json.dumps(answer(asked["package"]["name"])).encode()
            except Silent:
                over.wait()
                return
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            over.set()
            server.shutdown()
            thread.join()


def audit(tmp_path, url, *arguments):
    """The exit status, and what was said."""
    requirement = tmp_path / "requirements.txt"
    requirement.write_text(REQUIREMENTS)
    done = subprocess.run(
        [sys.executable, settings.BASE_DIR / "tests/audit.py", f"--requirement={requirement}", *arguments],
        env=os.environ | {"PIP_AUDIT_VULNERABILITY_SERVICE": "osv", "PIP_AUDIT_OSV_URL": url},
        stdout=subprocess.PIPE,
        text=True,
        timeout=60,
    )
    return done.returncode, done.stdout


def test_it_says_how_many_packages_have_no_known_weakness(tmp_path):
    with service(lambda name: {}) as url:
        status, said = audit(tmp_path, url)
    assert status == NOTHING_KNOWN
    assert said == "audited      2 of 2 packages; known weaknesses: 0\n"


def test_a_known_weakness_fails_and_names_the_remedy(tmp_path):
    with service(lambda name: {"vulns": [WEAKNESS]} if name == "bad" else {}) as url:
        status, said = audit(tmp_path, url)
    assert status == VULNERABLE
    assert said.splitlines() == [
        "VULNERABLE   bad 2.0: PYSEC-2026-1, mended in 2.1",
        "audited      2 of 2 packages; known weaknesses: 1",
    ]


def test_a_service_that_cannot_be_reached_is_no_good_news(tmp_path):
    with service(lambda name: {}) as url:
        pass
    status, said = audit(tmp_path, url)
    assert status == NOT_AUDITED
    assert said.startswith("NOT AUDITED  no package: ")
    assert "Connection refused" in said


def test_a_service_that_does_not_answer_is_given_up(tmp_path):
    def never(name):
        raise Silent

    with service(never) as url:
        status, said = audit(tmp_path, url, "--seconds=3")
    assert (status, said) == (NOT_AUDITED, "NOT AUDITED  no package: the service did not answer within 3 s\n")


def test_packages_that_the_service_does_not_know_are_not_counted_as_audited(capsys):
    known = {"name": "good", "version": "1.0", "vulns": []}
    unknown = {"name": "ours", "skip_reason": "Dependency not found on PyPI and could not be audited: ours (3.0)"}
    found = Findings.parse(json.dumps({"dependencies": [known, unknown], "fixes": []}))
    found.tell()
    assert found.status == NOT_AUDITED
    assert capsys.readouterr().out.splitlines() == [
        "audited      1 of 2 packages; known weaknesses: 0",
        "NOT AUDITED  1, which the service does not know: ours",
    ]
