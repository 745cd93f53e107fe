"""Who is served, and who is not."""

import json
import socket
import urllib.error
import urllib.request

import pytest
from tornado.httpclient import HTTPClientError, HTTPRequest
from tornado.ioloop import IOLoop
from tornado.websocket import websocket_connect

from didymos import InputError, open_result
from didymos.explorer import Desk, Explorer, ExplorerSettings, explore


@pytest.fixture(scope="module")
def explorer(analysed):
    with Explorer(Desk(open_result(analysed / "results.nc"))) as running:
        yield running


def status(url, host=None):
    request = urllib.request.Request(url, headers={"Host": host} if host else {})
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, answer.read().decode(), dict(answer.headers)
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode(), dict(error.headers)


def talk(explorer, request, token=None, origin=None, host=None):
    """Ask over the socket and return the answer that is no progress."""

    async def asked():
        address = f"ws://127.0.0.1:{explorer.port}/talk?token={explorer.token if token is None else token}"
        headers = {"Origin": origin or f"http://127.0.0.1:{explorer.port}"}
        if host:
            headers["Host"] = host
        connection = await websocket_connect(HTTPRequest(address, headers=headers))
        await connection.write_message(request if isinstance(request, str) else json.dumps(request))
        while True:
            answer = json.loads(await connection.read_message() or "")
            if "progress" not in answer:
                connection.close()
                return answer

    return IOLoop().run_sync(asked, timeout=120)


def test_the_page_is_served_to_who_knows_the_token(explorer):
    code, text, headers = status(explorer.url)
    assert code == 200
    assert "Teach by pointing" in text
    assert headers["Cache-Control"] == "no-store"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert explorer.token not in text


@pytest.mark.parametrize("query", ["", "?token=", "?token=wrong", "?token=%00", "?token=é"])
def test_without_the_token_nothing_is_served(explorer, query):
    code, text, _ = status(f"http://127.0.0.1:{explorer.port}/{query.encode('ascii', 'replace').decode()}")
    assert code == 403
    assert "didymos explore" in text


def test_a_name_that_points_to_this_machine_is_not_served(explorer):
    assert status(explorer.url, host=f"evil.example:{explorer.port}")[0] == 403
    assert status(explorer.url, host=f"localhost:{explorer.port}")[0] == 200


@pytest.mark.parametrize("path", ["/results.nc", "/../results.nc", "/static/x", "/%2e%2e/etc/passwd", "//etc/passwd"])
def test_no_file_is_served(explorer, path):
    assert status(f"http://127.0.0.1:{explorer.port}{path}?token={explorer.token}")[0] == 404


def test_it_listens_on_the_loopback_address_only(explorer):
    own = {info[4][0] for info in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)}
    for address in own - {"127.0.0.1", "127.0.1.1"}:
        with pytest.raises(ConnectionRefusedError), socket.create_connection((str(address), explorer.port), timeout=1):
            pass
    assert explorer._socket.getsockname()[0] == "127.0.0.1"


def test_the_socket_answers_who_knows_the_token(explorer):
    answer = talk(explorer, {"do": "undo", "id": 7})
    assert (answer["id"], answer["marks"]) == (7, [])


@pytest.mark.parametrize(
    "wrong",
    [
        {"token": ""},
        {"token": "wrong"},
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": "https://127.0.0.1"},
        {"host": "evil.example"},
    ],
)
def test_the_socket_is_closed_to_others(explorer, wrong):
    with pytest.raises(HTTPClientError, match="403"):
        talk(explorer, {"do": "undo", "id": 1}, **wrong)


@pytest.mark.parametrize("message", ["", "{", "[]", "7", '"x"', '{"do": "undo"}', "null"])
def test_what_is_no_request_is_answered_in_one_line(explorer, message):
    assert talk(explorer, message) == {"error": "a message is no request"}


def test_an_internal_error_does_not_end_the_explorer(explorer, monkeypatch):
    monkeypatch.setattr(explorer.desk, "learn", lambda *given: 1 / 0)
    assert talk(explorer, {"do": "undo", "id": 1})["error"].startswith("internal error: ZeroDivisionError")
    monkeypatch.undo()
    assert talk(explorer, {"do": "undo", "id": 2})["marks"] == []


def test_a_page_that_fails_says_so_in_one_line(explorer, monkeypatch, capfd):
    monkeypatch.setattr(explorer.desk, "page", lambda: 1 / 0)
    code, text, _ = status(explorer.url)
    assert code == 500
    assert text == "internal error: ZeroDivisionError: division by zero\n"
    assert "Traceback" not in "".join(capfd.readouterr())


def test_a_port_that_is_taken_is_said(explorer):
    with pytest.raises(InputError, match=f"port {explorer.port} cannot be used"):
        Explorer(explorer.desk, ExplorerSettings(port=explorer.port))
    with pytest.raises(InputError, match="allowed are 0"):
        ExplorerSettings(port=99_999)


def test_many_explorers_come_and_go(explorer, analysed):
    import threading

    before = threading.active_count()
    for _ in range(8):
        with Explorer(explorer.desk) as other:
            assert status(other.url)[0] == 200
            assert status(f"http://127.0.0.1:{other.port}/?token={explorer.token}")[0] == 403
    assert threading.active_count() <= before + 1


def test_a_notebook_shows_it_in_the_cell(explorer):
    assert f'<iframe src="{explorer.url}"' in explorer._repr_html_()


def test_what_is_no_result_is_refused(tmp_path):
    with pytest.raises(InputError, match="holds neither"):
        explore(tmp_path)
    with pytest.raises(InputError, match="the explorer needs a result; an int came"):
        explore(3)  # type: ignore[arg-type]
