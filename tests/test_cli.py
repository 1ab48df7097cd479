from __future__ import annotations

import ctypes
import importlib.util
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import jwt
import psutil
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

import realtime_widgets
from realtime_widgets import cli
from realtime_widgets.cli import main
from support.hub_process import hub
from support.servers import wait_for

EMPTY = '{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}'


def test_the_version_is_the_packages(capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit) as exit_:
        main(["--version"])
    assert exit_.value.code == 0
    assert capsys.readouterr().out == f"realtime-widgets {realtime_widgets.__version__}\n"


def test_without_a_command_it_shows_its_help(capsys: pytest.CaptureFixture[str]):
    assert main([]) == 0
    shown = capsys.readouterr().out
    assert "demo" in shown
    assert "hub" in shown


def test_an_unknown_command_names_the_nearest(capsys: pytest.CaptureFixture[str]):
    assert main(["dmo"]) == 2
    assert capsys.readouterr().err == "realtime-widgets has no command 'dmo'; did you mean 'demo'?\n"


def test_a_command_like_none_of_ours_gets_the_list(capsys: pytest.CaptureFixture[str]):
    assert main(["xyz"]) == 2
    assert (
        capsys.readouterr().err
        == "realtime-widgets has no command 'xyz'; it has demo, hub, publish, token, backup\n"
    )


def test_a_missing_dependency_says_what_to_install(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    find_spec = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "psutil" else find_spec(name)
    )
    assert main(["demo"]) == 1
    message = capsys.readouterr().err
    assert message == (
        'the demo cannot start: psutil not installed; run pip install "realtime-widgets[demo]"\n'
    )


def test_a_missing_notebook_is_one_sentence(capsys: pytest.CaptureFixture[str]):
    assert main(["demo", "nowhere.ipynb"]) == 1
    assert capsys.readouterr().err == (
        "the demo cannot start: 'nowhere.ipynb' is no notebook; name a file *.ipynb or a folder\n"
    )


def test_a_taken_port_is_one_sentence(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    notebook = tmp_path / "a.ipynb"
    notebook.write_text(EMPTY)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert main(["demo", str(notebook), "--port", str(port)]) == 1
    assert f"cannot listen on port {port}" in capsys.readouterr().err


def get(url: str | urllib.request.Request) -> Any:
    return urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url, timeout=60)


# The hub


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_hub_serves_until_it_is_interrupted(child_env: dict[str, str], number: signal.Signals):
    with hub("--port", "0", env=child_env) as (process, url, connect):
        found = re.fullmatch(
            rf'Connect with rw\.connect\("{url}", auth="([\w-]{{20,}})"\)\. Ctrl-C stops it\.\n', connect
        )
        assert found, connect
        assert publish(url, found[1]) == 200
        process.send_signal(number)
        output, errors = process.communicate(timeout=60)
        assert output == "\nThe hub has stopped.\n"
        assert errors == ""
        assert process.returncode == 0


@pytest.mark.skipif(sys.platform != "linux", reason="only there another process can choose the thread")
def test_whichever_thread_of_the_hub_a_signal_is_given_to(child_env: dict[str, str]):
    with hub("--port", "0", env=child_env) as (process, _, _):
        tasks = [int(each.name) for each in Path(f"/proc/{process.pid}/task").iterdir()]
        other = max(set(tasks) - {process.pid})
        assert ctypes.CDLL(None).tgkill(process.pid, other, signal.SIGTERM) == 0
        assert process.wait(60) == 0


def test_a_hub_whose_reader_has_gone_goes_on_and_ends_without_a_traceback(child_env: dict[str, str]):
    with hub("--port", "0", "--no-token", env=child_env) as (process, url, _):
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert publish(url, None) == 200
        process.send_signal(signal.SIGTERM)
        assert process.stderr.read() == ""
        assert process.wait(60) == 0


def test_a_hub_that_drains_ends_at_a_second_signal(child_env: dict[str, str]):
    with hub("--port", "0", "--no-token", "--drain", "20min", env=child_env) as (process, url, _):
        events = url.replace("ws://", "http://").replace("/ws/dashboard", "/sse/x")

        def status() -> int:
            try:
                with get(events) as answer:
                    return int(answer.status)
            except urllib.error.HTTPError as error:
                with error:
                    return error.code

        process.send_signal(signal.SIGTERM)
        while (answered := status()) == 200:
            pass
        assert answered == 503
        process.send_signal(signal.SIGTERM)
        output, errors = process.communicate(timeout=60)
        assert (output, errors, process.returncode) == ("\nThe hub has stopped.\n", "", 0)


def test_the_token_of_the_environment_is_used_and_not_shown(child_env: dict[str, str]):
    with hub("--port", "0", env=child_env | {cli.TOKEN: "my-own-token"}) as (_, url, connect):
        assert (
            connect == f'Connect with rw.connect("{url}", auth=os.environ["{cli.TOKEN}"]). Ctrl-C stops it.\n'
        )
        assert publish(url, "my-own-token") == 200
        assert publish(url, "another") == 401


def test_the_hub_can_do_without_a_token_and_let_pages_in(child_env: dict[str, str]):
    arguments = ["--port", "0", "--no-token", "--origin", "http://a.example", "--origin", "http://b.example"]
    with hub(*arguments, env=child_env | {cli.TOKEN: "unused"}) as (_, url, connect):
        assert connect == f'Connect with rw.connect("{url}"). Ctrl-C stops it.\n'
        assert publish(url, None) == 200
        assert publish(url, None, Origin="http://b.example") == 200
        assert publish(url, None, Origin="http://c.example") == 403


def test_the_hub_answers_to_the_other_names_it_is_given(child_env: dict[str, str]):
    arguments = ["--port", "0", "--no-token", "--hosts", "a.example", "b.example", "--hosts", "c.example"]
    with hub(*arguments, env=child_env) as (_, url, _):
        assert [publish(url, None, Host=f"{name}.example") for name in "abcd"] == [200, 200, 200, 403]


def test_the_hub_has_the_policies_and_limits_of_a_file(child_env: dict[str, str], tmp_path: Path):
    config = tmp_path / "hub.toml"
    config.write_text(
        '[channels."チーム:*"]\npresence = true\nhistory_age = "forever"\n\n[channels.said]\npublish = "hub"\n'
        "[limits]\nmessages = 0.01\nburst = 3\n",
        "utf-8",
    )
    with hub("--port", "0", "--no-token", "--config", str(config), env=child_env) as (process, url, _):
        address = url.removesuffix("/ws/dashboard").replace("ws:", "http:")
        with get(f"{address}/presence/{urllib.parse.quote('チーム:a')}") as answer:
            assert json.load(answer) == {"channel": "チーム:a", "count": 0, "members": []}
        assert publish(url, None, channel="said") == 400
        assert [publish(url, None) for _ in range(4)] == [200, 200, 429, 429]
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=60)
        assert said.startswith("Nobody can publish on 'said': its publish = \"hub\" is ")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ["hub", "--prot", "8000"],
            "realtime-widgets hub: error: unrecognized arguments: --prot 8000; did you mean '--port'?",
        ),
        (["token", "--expire=1h", "x"], "unrecognized arguments: x\n"),
        (["hub", "8000"], "unrecognized arguments: 8000\n"),
        (["demo", "--no-brwser"], "did you mean '--no-browser'?"),
        (
            ["--versoin"],
            "realtime-widgets: error: unrecognized arguments: --versoin; did you mean '--version'?",
        ),
    ],
)
def test_an_option_that_there_is_not_is_told_with_the_nearest_one(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
):
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (
            ["--port", "70000"],
            "the hub cannot listen on port 70000; pass 1 to 65535, or 0 for any free one\n",
        ),
        (["--origin", "x"], "'x' is no origin: "),
        (["--host", "0.0.0.0", "--no-token"], "a hub on '0.0.0.0' cannot do without a token: "),
        (["--host", "nowhere.invalid"], "the hub cannot listen on 'nowhere.invalid': "),
        (["--hosts", "http://hub.example.org"], "'http://hub.example.org' is no host: "),
        (["--proxies", "nginx"], "'nginx' is no proxy: "),
        (["--broker", "redis"], "there is no broker 'redis': "),
        (
            ["--broker", "sqlite:////nowhere/hub.db"],
            "the hub cannot keep its messages in '/nowhere/hub.db': ",
        ),
        (
            ["--broker", "redis://:secret@127.0.0.1:1/0"],
            "the hub does not take this --broker: every user of the machine can read its password; put it into ",
        ),
        (
            ["--broker", "redis://127.0.0.1:1/0"],
            "the hub cannot keep its messages at redis://127.0.0.1:1/0: ",
        ),
        (["--broker", "nats"], "there is no broker 'nats': "),
        (
            ["--broker", "nats://me:secret@127.0.0.1:1"],
            "the hub does not take this --broker: every user of the machine can read its password; put it into ",
        ),
        (
            ["--broker", "nats://127.0.0.1:1"],
            "the hub cannot keep its messages at nats://127.0.0.1:1: connection refused; start a NATS there, ",
        ),
        (["--drain", "-1"], "--drain of the hub cannot be -1.0: "),
        (["--drain", "nan"], "--drain of the hub cannot be nan: "),
        (["--drain", "soon"], "--drain of the hub cannot be 'soon': "),
        (["--history", "-1"], "--history of the hub cannot be -1: pass 0 or more"),
        (["--history-age", "0"], "--history-age of the hub cannot be 0.0: "),
        (["--broker", "memory:"], "there is no broker 'memory:': "),
        (
            ["--audience", "me"],
            "--audience and --issuer are of signed tokens, and this hub takes none; pass $REALTIME_WIDGETS_SECRET or "
            "--public-key too\n",
        ),
        (
            ["--config", "/nowhere/x.toml"],
            "the configuration in '/nowhere/x.toml' cannot be used: No such",
        ),
    ],
)
def test_what_the_hub_cannot_do_is_one_sentence(
    arguments: list[str], complaint: str, capsys: pytest.CaptureFixture[str]
):
    assert main(["hub", *arguments]) == 1
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith(complaint)
    assert shown.err.count("\n") == 1


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (b"[channels.team]\npresense = true", "the policy of 'team' cannot be used: "),
        (b"[channels.team", "it is no TOML: "),
        (b"[limits]\nmessage = 1", "did you mean 'messages'?"),
        (b"# \xff", "it is no UTF-8: "),
    ],
)
def test_what_is_wrong_in_the_configuration_is_one_sentence(
    text: bytes, complaint: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    (tmp_path / "hub.toml").write_bytes(text)
    assert main(["hub", "--config", str(tmp_path / "hub.toml")]) == 1
    said = capsys.readouterr().err
    assert complaint in said
    assert said.count("\n") == 1


@pytest.mark.parametrize(
    ("broker", "place"),
    [
        ("redis://:secret@127.0.0.1:1/7", "redis://127.0.0.1:1/7"),
        ("nats://me:secret@127.0.0.1:1", "nats://127.0.0.1:1"),
    ],
)
def test_a_broker_with_a_password_is_that_of_the_environment(
    broker: str, place: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("REALTIME_WIDGETS_BROKER", broker)
    assert main(["hub", "--port", "0"]) == 1
    said = capsys.readouterr().err
    assert said.startswith(f"the hub cannot keep its messages at {place}: ")
    assert "secret" not in said


def test_a_secret_may_be_in_a_file(child_env: dict[str, str], tmp_path: Path):
    contents = {cli.TOKEN: "my-own-token", cli.SECRET: SECRET, cli.BROKER: f"sqlite:///{tmp_path}/hub.db"}
    for name, text in contents.items():
        (tmp_path / name).write_text(f"{text}\n")
    files = {f"{name}_FILE": str(tmp_path / name) for name in contents}
    with hub("--port", "0", env=child_env | files) as (_, url, connect):
        assert "my-own-token" not in connect
        signed = subprocess.run(
            [sys.executable, "-m", "realtime_widgets", "token", "--publish", "x"],
            env=child_env | files,
            capture_output=True,
            text=True,
        )
        assert [publish(url, one) for one in ("my-own-token", signed.stdout.strip(), "x")] == [200, 200, 401]
        command = [sys.executable, "-m", "realtime_widgets", "publish", "x", "1", "--url", url]
        assert subprocess.run(command, env=child_env | files).returncode == 0
    assert (tmp_path / "hub.db").exists()


def test_the_file_of_a_hub_is_copied_while_it_has_it(
    child_env: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    arguments = ["--port", "0", "--no-token", "--broker"]
    with hub(*arguments, f"sqlite:///{tmp_path}/hub.db", env=child_env) as (_, url, _):
        assert publish(url, None) == 200
        assert main(["backup", str(tmp_path / "hub.db"), str(tmp_path / "copy.db")]) == 0
        assert main(["backup", str(tmp_path / "nothing.db"), str(tmp_path / "copy.db")]) == 1
        said = capsys.readouterr()
        assert (said.out, said.err.count("\n")) == ("", 1)
    with hub(*arguments, f"sqlite:///{tmp_path}/copy.db", env=child_env) as (_, url, _):
        history = url.replace("ws://", "http://").replace("/ws/dashboard", "/history/x")
        with get(history) as answer:
            assert len(json.load(answer)["messages"]) == 1


def test_a_hub_tells_who_started_it_when_it_is_there_and_when_it_goes(
    child_env: dict[str, str], tmp_path: Path
):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(60)
        environment = child_env | {"NOTIFY_SOCKET": str(tmp_path / "notify")}
        with hub("--port", "0", "--drain", "1000", env=environment) as (process, url, _):
            assert manager.recv(100) == b"READY=1"
            assert get(url.replace("ws://", "http://").replace("/ws/dashboard", "/health")).status == 200
            process.send_signal(signal.SIGTERM)
            assert manager.recv(100) == b"STOPPING=1"


# Tokens

SECRET = "canary-secret-0123456789abcdef-0123"


def test_a_token_that_is_printed_opens_a_hub_with_the_same_secret(
    child_env: dict[str, str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv(cli.SECRET, SECRET)
    rights = ["--subscribe", "a", "b", "--subscribe", "team:*", "--name", "anna", "--audience", "here"]
    made = []
    for more in (["--publish", "x"], ["--publish", "y"], ["--publish", "x", "--expires", "90"]):
        assert main(["token", *rights, *more]) == 0
        made.append(capsys.readouterr().out.strip())
    claims = jwt.decode(made[0], SECRET, ["HS256"], audience="here")
    assert (claims["sub"], claims["subscribe"], claims["publish"]) == ("anna", ["a", "b", "team:*"], ["x"])
    assert [jwt.decode(one, SECRET, ["HS256"], audience="here")["exp"] for one in made[1:]] == [
        pytest.approx(time.time() + 3600, abs=60),
        pytest.approx(time.time() + 90, abs=60),
    ]
    environment = child_env | {cli.SECRET: SECRET, cli.TOKEN: "canary-token"}
    with hub("--port", "0", "--audience", "here", env=environment) as (process, url, connect):
        assert [publish(url, one) for one in [*made, "canary-token", "x"]] == [200, 403, 200, 200, 401]
        arguments = psutil.Process(process.pid).cmdline()
        assert "hub" in arguments
        assert "canary" not in " ".join(arguments)
        assert "canary" not in connect
        process.send_signal(signal.SIGTERM)
        output, errors = process.communicate(timeout=60)
        assert "canary" not in output + errors


def test_the_hub_takes_tokens_of_who_has_the_private_key(child_env: dict[str, str], tmp_path: Path):
    key = Ed25519PrivateKey.generate()
    file = tmp_path / "key.pem"
    file.write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    token = jwt.encode({"exp": time.time() + 600, "publish": ["x"]}, key, algorithm="EdDSA")
    with hub("--port", "0", "--public-key", str(file), env=child_env) as (_, url, _):
        assert publish(url, token) == 200


@pytest.mark.parametrize(
    ("secret", "arguments", "complaint"),
    [
        (None, [], "no token can be signed: REALTIME_WIDGETS_SECRET is not set; "),
        ("canary-short", [], "the secret cannot be used: it has 12 bytes, fewer than 32; "),
        (SECRET, ["--subscribe", "a*b"], "subscribe= cannot have 'a*b': "),
        (SECRET, ["--expires", "soon"], "expires of a token cannot be 'soon': "),
        (SECRET, ["--expires", "-5"], "expires of a token cannot be -5.0: "),
    ],
)
def test_a_token_that_cannot_be_made_is_one_sentence(
    secret: str | None,
    arguments: list[str],
    complaint: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.delenv(cli.SECRET, raising=False)
    if secret is not None:
        monkeypatch.setenv(cli.SECRET, secret)
    assert main(["token", *arguments]) == 1
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith(complaint)
    assert shown.err.count("\n") == 1
    assert "canary" not in shown.err


def test_a_token_without_rights_is_printed_and_said_to_be_of_no_use(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv(cli.SECRET, SECRET)
    assert main(["token"]) == 0
    shown = capsys.readouterr()
    assert shown.out.count(".") == 2
    assert shown.err == "the token gives no rights; pass --subscribe or --publish\n"
    assert main(["token", "--publish", "x"]) == 0
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("text", "age"), [("90", 90.0), ("0.5", 0.5), ("30d", "30d"), ("auto", "auto"), ("forever", None)]
)
def test_how_long_messages_are_kept_may_have_a_unit(text: str, age: float | str | None):
    assert cli._parser().parse_args(["hub", "--history-age", text]).history_age == age


def test_a_time_that_is_none_is_one_sentence(capsys: pytest.CaptureFixture[str]):
    assert main(["hub", "--port", "0", "--history-age", "soon"]) == 1
    assert capsys.readouterr().err.startswith("--history-age of the hub cannot be 'soon'")


def test_a_key_that_is_not_there_is_one_sentence(capsys: pytest.CaptureFixture[str]):
    assert main(["hub", "--public-key", "nowhere.pem"]) == 1
    assert capsys.readouterr().err == (
        "the public key cannot be read: No such file or directory: 'nowhere.pem'\n"
    )


def test_a_port_that_the_hub_cannot_have_is_one_sentence(capsys: pytest.CaptureFixture[str]):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert main(["hub", "--port", str(port)]) == 1
    said = capsys.readouterr().err
    assert said.startswith(f"the hub cannot listen on port {port} of 127.0.0.1: ")
    assert said.endswith(", or --port 0 for any free one\n")


# publish


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, realtime_widgets.Stream]]:
    """The address of a hub, and what a subscriber of the channel `run` gets; the token is in the environment."""
    with realtime_widgets.Hub() as served:
        monkeypatch.setenv(cli.TOKEN, served.token or "")
        client = realtime_widgets.connect(served)
        stream = client.stream("run")
        client.wait_until()
        yield served.url, stream
        client.close()


def piped(text: bytes, *arguments: str, env: Mapping[str, str]) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "realtime_widgets", "publish", *arguments]
    return subprocess.run(command, input=text, env=env, capture_output=True, timeout=60)


def published(stream: realtime_widgets.Stream, count: int) -> list[dict[str, Any]]:
    wait_for(lambda: stream.last_seq >= count)
    return [{name: value for name, value in row.items() if name != "ts"} for row in stream.read().rows()]


def test_arguments_are_published(served: tuple[str, realtime_widgets.Stream]):
    url, stream = served
    assert main(["publish", "run", "loss=0.3", "name=a b", "--url", url]) == 0
    assert main(["publish", "run", "--url", url, "-0.5", '{"loss": 0.25}']) == 0
    assert published(stream, 3) == [{"loss": 0.3, "name": "a b"}, {"value": -0.5}, {"loss": 0.25}]


def test_lines_are_published_as_they_come(
    served: tuple[str, realtime_widgets.Stream], child_env: dict[str, str]
):
    url, stream = served
    lines = b'0.5\n{"loss": 0.25}\n\nloss=0.125 step=3\n[{"a": 1}, {"a": 2}]\nhalf "\xff'
    done = piped(lines, "run", "--url", url, env=child_env | os.environ)
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr.decode() == (
        "line 6: 'half \"\ufffd' cannot be published: it is neither JSON, nor a number, nor key=value\n"
    )
    assert published(stream, 5) == [
        {"value": 0.5}, {"loss": 0.25}, {"loss": 0.125, "step": 3}, {"a": 1}, {"a": 2}
    ]  # fmt: skip


def test_lines_without_end_are_passed_over_and_the_next_are_published(
    served: tuple[str, realtime_widgets.Stream], child_env: dict[str, str]
):
    url, stream = served
    garbage = b"x" * 3_000_000
    endless = garbage * (cli.MAX_LINE_BYTES // len(garbage) * 2 + 2)
    done = piped(
        b"\n".join([b"a=1", garbage, endless, b'b="' + garbage, b"a=2"]),
        "run",
        "--url",
        url,
        env=child_env | os.environ,
    )
    assert done.returncode == 1
    said = done.stderr.decode().splitlines()
    assert said[0].startswith("line 2: ")
    assert said[1] == "line 3: it has more than 16,777,216 bytes; send less at once"
    assert re.search(r"a record of 3,000,0\d\d bytes cannot be sent", said[2])  # its time has 15 to 18 digits
    assert said[3] == "2 of 3 records were published"
    assert max(map(len, said)) < 300
    assert published(stream, 2) == [{"a": 1}, {"a": 2}]


def test_more_lines_than_may_wait_are_all_published(
    served: tuple[str, realtime_widgets.Stream], child_env: dict[str, str]
):
    url, stream = served
    lines = b"".join(b"%d\n" % i for i in range(cli.MAX_WAITING + 100))
    done = piped(lines, "run", "--url", url, env=child_env | os.environ)
    assert (done.returncode, done.stderr) == (0, b"")
    assert [each["value"] for each in published(stream, cli.MAX_WAITING + 100)] == list(
        range(cli.MAX_WAITING + 100)
    )


def test_whoever_waits_no_longer_for_a_hub_that_is_not_there_is_told_in_a_sentence(child_env: dict[str, str]):
    command = [
        sys.executable,
        "-m",
        "realtime_widgets",
        "publish",
        "run",
        "loss=1",
        "--url",
        "http://127.0.0.1:1",
    ]
    command += ["--timeout", "600"]
    with subprocess.Popen(command, env=child_env, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        told = process.stderr.readline()
        assert "nothing listens there" in told
        process.send_signal(signal.SIGINT)
        rest = process.stderr.read()
        assert process.wait(60) == 130
    assert "Traceback" not in rest
    assert "0 of 1 records were published" in rest


def test_a_pipe_that_is_interrupted_has_published_what_came(
    served: tuple[str, realtime_widgets.Stream], child_env: dict[str, str]
):
    url, stream = served
    command = [sys.executable, "-m", "realtime_widgets", "publish", "run", "--url", url]
    with subprocess.Popen(command, stdin=subprocess.PIPE, env=child_env | os.environ) as process:
        assert process.stdin is not None
        process.stdin.write(b"0.5\n")
        process.stdin.flush()
        assert published(stream, 1) == [{"value": 0.5}]
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 130


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["run", "nonsense"], 1, "'nonsense' cannot be published: "),
        (["run", "1", "--url", "ftp://h"], 1, "cannot connect to 'ftp://h': "),
        (["", "1"], 1, "channel='' is no name: "),
        (["run", "1", "--timeout", "-1"], 1, "--timeout of a publisher "),
        (["run", "1", "--tmieout", "1"], 2, "usage: "),
    ],
)
def test_what_cannot_be_published_is_one_sentence(
    arguments: list[str], status: int, said: str, capsys: pytest.CaptureFixture[str]
):
    if status == 2:
        with pytest.raises(SystemExit) as exit_:
            main(["publish", *arguments])
        assert exit_.value.code == status
    else:
        assert main(["publish", *arguments]) == status
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith(said)


def test_what_the_hub_does_not_take_is_said_by_the_status(
    served: tuple[str, realtime_widgets.Stream],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
):
    url, _ = served
    assert main(["publish", "metrics", "1", "2", "--url", url]) == 1
    assert capsys.readouterr().err == "0 of 2 records were published\n"
    monkeypatch.setenv(cli.TOKEN, "another")
    assert main(["publish", "run", "1", "--url", url, "--timeout", "0.1"]) == 1
    assert capsys.readouterr().err == "0 of 1 records were published\n"


def publish(url: str, token: str | None, channel: str = "x", **headers: str) -> int:
    """Publish by HTTP on the hub of a WebSocket's address; returns the status."""
    address = url.replace("ws://", "http://").replace("/ws/dashboard", f"/publish/{channel}")
    if token is not None:
        headers["Authorization"] = f"Bearer {token}"
    request = urllib.request.Request(address, data=b"1", headers=headers)
    try:
        with get(request) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code
