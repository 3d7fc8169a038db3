"""Starting and stopping the desk, as a process."""

import base64
import re
import signal
import socket
import sys
import uuid
from pathlib import Path
from urllib.parse import urljoin

import pytest
import requests

from desk.serve import _bound


def test_the_first_start_tells_the_log_in_and_later_ones_do_not(start_desk, try_log_in):
    first = start_desk()
    assert re.search(r"^Log-in, shown only this once: name champion password \S{20,}$", first.printed, re.MULTILINE)
    with requests.Session() as session:
        assert try_log_in(session, first.url, "champion", first.password).url == f"{first.url}/dashboard/"
    first.stop()
    second = start_desk()
    assert second.printed == f"Listening on {second.url}\n"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_when_asked(start_desk, number):
    desk = start_desk()
    desk.process.send_signal(number)
    assert desk.process.wait(timeout=30) == 0
    assert (desk.state_folder.parent / "desk.log").read_text() == ""


def test_a_champion_at_work_leaves_nothing_in_the_log(start_desk, try_log_in, enrol):
    """So that what stands there is worth an administrator's time."""
    desk = start_desk()
    ticket = enrol(desk).open_ticket()
    with requests.Session() as session:
        try_log_in(session, desk.url, "champion", desk.password)
        for path in ("dashboard/", "tickets/", f"tickets/{ticket['number']}/", "reports/", "rss/unassigned/"):
            assert session.get(f"{desk.url}/{path}", timeout=60).status_code == 200
    desk.stop()
    assert (desk.state_folder.parent / "desk.log").read_text() == ""


def test_a_kept_connection_serves_on_after_uploads_refused_unread(start_desk, enrol):
    """The refused request pauses and resumes the connection, which must not leave its context to the next ones."""
    desk = start_desk()
    device = enrol(desk)
    told = {"bundle_id": str(uuid.uuid4()), "sha256": "0" * 64, "consent": '{"how": "asked", "given_by": "jo"}'}
    words = ",".join(f"{key} {base64.b64encode(word.encode()).decode()}" for key, word in told.items())
    with requests.Session() as session:
        session.headers.update({"Authorization": f"Bearer {device.credential}", "Tus-Resumable": "1.0.0"})
        uploads = f"{desk.url}/api/v1/tickets/{device.open_ticket()['number']}/uploads"
        headers = {"Upload-Length": str(2**24), "Upload-Metadata": words}
        made = urljoin(uploads, session.post(uploads, headers=headers, timeout=60).headers["Location"])
        for expected, offset in ((409, 7), (204, 0), (409, 7), (204, 2**22), (409, 7), (204, 2**23)):
            headers = {"Upload-Offset": str(offset), "Content-Type": "application/offset+octet-stream"}
            assert session.patch(made, data=b"7" * 2**22, headers=headers, timeout=60).status_code == expected
    desk.stop()
    assert (desk.state_folder.parent / "desk.log").read_text() == ""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_it_may_open_as_many_files_as_the_system_lets_it(start_desk):
    """Each device that waits is one."""
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(soft, 512), hard))
    try:
        desk = start_desk()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    limits = Path(f"/proc/{desk.process.pid}/limits").read_text()
    given = int(re.search(r"Max open files +(\d+)", limits)[1])
    assert given == (65_536 if hard == resource.RLIM_INFINITY else min(hard, 65_536))


def test_a_second_desk_on_one_folder_is_refused(desk, desk_command):
    refused = desk_command("serve", "--state", str(desk.state_folder), "--port", "0")
    assert refused.returncode == 1
    assert refused.stderr == f"sendlogs-desk: A desk is running on {desk.state_folder} already.\n"


def test_a_port_in_use_is_told(desk_command, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        refused = desk_command("serve", "--state", str(tmp_path / "state"), "--port", str(port))
    assert refused.returncode == 1
    assert refused.stderr.startswith(f"sendlogs-desk: Cannot listen on 127.0.0.1:{port}: ")
    assert not (tmp_path / "state").exists()


def test_a_command_makes_no_folder_where_there_is_no_desk(desk_command, tmp_path):
    refused = desk_command("enrollment-token", "--state", str(tmp_path / "nodesk"))
    assert (refused.returncode, "There is no desk in" in refused.stderr) == (1, True)
    assert not (tmp_path / "nodesk").exists()


def test_serving_others_in_the_clear_is_refused(desk_command, tmp_path):
    refused = desk_command("serve", "--state", str(tmp_path / "state"), "--host", "0.0.0.0", "--port", "0")
    assert refused.returncode == 1
    assert "--url" in refused.stderr


def test_an_https_address_makes_cookies_secure(start_desk, tmp_path):
    """The address is what links and cookies go by, whatever port the process listens on."""
    desk = start_desk("--url", "https://desk.example")
    answer = requests.get(f"{desk.url}/login/", headers={"Host": "desk.example"}, timeout=60)
    assert re.search(r"csrftoken=.*; HttpOnly; .*Secure", answer.headers["Set-Cookie"])


def test_connections_of_the_desk_send_the_body_of_an_answer_at_once():
    """asyncio sets TCP_NODELAY on what it knows for TCP alone: what ``accept`` gives has the listener's protocol."""
    with _bound("127.0.0.1", 0) as listening:
        assert listening.proto == socket.IPPROTO_TCP
