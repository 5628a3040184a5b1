"""What a source may answer instead of data: each refused with what came back, and what to do."""

from __future__ import annotations

import socket

import pytest
import requests

from research.errors import DataError
from research.market.live.answers import SourceError
from research.market.live.http import TRIES, Client

GATE = b"<!DOCTYPE html><html><head><title>One moment</title></head><script>POST /__verify</script>"


def refusal(client: Client, address: str, **more) -> str:
    with pytest.raises(SourceError) as caught:
        client.get(address, expect=more.pop("expect", "json"), **more)
    assert isinstance(caught.value, DataError)
    return str(caught.value)


def test_what_was_asked_for_comes_back_with_its_address(server, client):
    address = server.at("/gold.json", '[{"d": 1}]')
    reply = client.get(address, {"limit": "5"}, expect="json")
    assert reply.json() == [{"d": 1}]
    assert reply.address == f"{address}?limit=5"
    assert server.asked == ["/gold.json?limit=5"]


def test_a_request_names_itself(server):
    named = Client(user_agent="desk@example.org")
    named.get(server.at("/x", "[]"), expect="json")
    named.session.close()
    assert server.agents == ["desk@example.org"]


def test_a_web_page_is_refused_by_its_title(server, client):
    address = server.at("/x", "<!doctype html><html><title>Sign in\n</title>")
    assert refusal(client, address) == (
        f'{address} answered with a web page titled "Sign in"; expected JSON. The address moved, '
        "or programs are refused. Open it in a browser and mend sources.yaml."
    )


@pytest.mark.parametrize("body", [GATE, b"<html><div class='g-recaptcha'></div></html>"])
def test_a_page_that_wants_proof_of_a_human_is_refused_and_never_solved(server, client, body):
    told = refusal(client, server.at("/x", body), expect="csv")
    assert "wants proof of a human; expected CSV. Such a page is never solved here." in told
    assert len(server.asked) == 1


@pytest.mark.parametrize("body", [b"", b" \r\n"])
def test_an_empty_answer_is_refused(server, client, body):
    address = server.at("/x", body)
    assert refusal(client, address) == (
        f"{address} answered with nothing ({len(body)} bytes); expected JSON. Fetch again later; "
        "if it stays so, look at the symbol in sources.yaml."
    )


def test_another_kind_of_text_is_refused_by_its_first_words(server, client):
    address = server.at("/x", "Edge: Too Many Requests\r\n", Content_Type="text/plain")
    assert refusal(client, address) == (
        f"{address} answered with text that begins `Edge: Too Many Requests` (text/plain); "
        "expected JSON. Look at what the address gives, and mend sources.yaml."
    )
    assert "expected XLSX" in refusal(client, address, expect="xlsx")


def test_json_that_breaks_off_is_refused(server, client):
    address = server.at("/x", '[{"d": "2026-01-28", "v": [530')
    with pytest.raises(SourceError) as caught:
        client.get(address, expect="json").json()
    assert str(caught.value) == (
        f"{address} answered with text that is JSON that breaks off (30 bytes, ending "
        '`[{"d": "2026-01-28", "v": [530`). Nothing of it was taken; fetch again.'
    )


def test_json_that_is_none_is_refused(server, client):
    with pytest.raises(SourceError, match="answered with text that is no JSON"):
        client.get(server.at("/x", "[NaN?, 1, 2, 3]"), expect="json").json()


def test_text_that_is_not_utf_8_is_refused(server, client):
    with pytest.raises(SourceError, match=r"answered with text that is not UTF-8 \(byte 2\)"):
        client.get(server.at("/x", b"a,\xff\n"), expect="csv").text()


@pytest.mark.parametrize(
    ("status", "advice"),
    [
        (400, "Look at the symbol, and at the key if the source needs one."),
        (401, "Look at the key: sources.yaml says in `key_from` which variable holds it."),
        (403, "It refuses programs, this network or the key."),
        (404, "The address or the symbol is gone. Look it up, and mend it in sources.yaml."),
        (410, "The address or the symbol is gone."),
        (302, "Look at `address` in sources.yaml."),
    ],
)
def test_a_lasting_status_is_told_at_once_with_its_advice(server, client, waits, status, advice):
    address = server.at("/x", "Bad Request. key is not registered", status)
    told = refusal(client, address)
    assert told.startswith(
        f"{address} answered with status {status}, and with text that begins "
        "`Bad Request. key is not registered`. "
    )
    assert advice in told
    assert not waits


def test_status_404_with_an_empty_body_says_so(server, client):
    assert " answered with status 404, and with nothing. " in refusal(client, server.address + "/x")


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_what_passes_is_tried_again_after_longer_and_longer_waits(server, client, waits, status):
    for _ in range(TRIES - 1):
        server.at("/x", "busy", status)
    assert client.get(server.at("/x", "[]"), expect="json").body == b"[]"
    assert waits == [1, 2, 4]


@pytest.mark.parametrize(
    ("status", "advice"),
    [
        (429, "It has had too many requests. Fetch again later, or get a key if it gives any."),
        (503, "The source is down. Fetch again later."),
    ],
)
def test_what_does_not_pass_is_given_up_and_told(server, client, waits, status, advice):
    told = refusal(client, server.at("/x", "busy", status))
    assert told.endswith(f"status {status}, and with text that begins `busy`. {advice}")
    assert len(server.asked) == TRIES
    assert waits == [1, 2, 4]


def test_a_source_that_asks_for_patience_gets_it(server, client, waits):
    server.at("/x", "", 429, Retry_After="7")
    server.at("/x", "", 503, Retry_After="Wed, 28 Jan 2026 12:00:30 GMT",
              Date="Wed, 28 Jan 2026 12:00:00 GMT")  # fmt: skip
    client.get(server.at("/x", "[]"), expect="json")
    assert waits[0] == 7
    assert 0 < waits[1] <= 30  # the server's own date stands before ours


def test_a_source_that_asks_for_an_hour_is_left_alone(server, client, waits):
    told = refusal(client, server.at("/x", "", 429, Retry_After="3600"))
    assert "status 429, asking for 3600 s of patience, and with nothing." in told
    assert len(server.asked) == 1
    assert not waits


def test_an_answer_without_end_is_cut_off_at_the_limit(server):
    small = Client(size_limit=1 << 20, wait=lambda _: None)
    told = refusal(small, server.at("/x", b"[" + b"1," * (1 << 20)))
    small.session.close()
    assert "/x answers with more than 1 MB, the most that is taken." in told
    assert len(server.asked) == 1


def test_an_answer_that_breaks_off_is_tried_again_and_told(server, client, waits):
    address = server.at("/x", "[1, 2", Content_Length="4000", Connection="close")
    assert refusal(client, address) == (
        f"{address} broke off within its answer, {TRIES} times. Fetch again later."
    )
    assert waits == [1, 2, 4]


def test_nobody_at_the_address_is_told_without_the_words_of_the_library(client, waits):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{free.getsockname()[1]}/x"
    told = refusal(client, address, secret={"api_key": "abc123"})
    assert told == (
        f"{address} could not be reached, {TRIES} times. Look at this machine's network and at "
        "`address` in sources.yaml, then fetch again."
    )
    assert len(waits) == TRIES - 1


def test_silence_ends_with_the_time_out():
    with socket.create_server(("127.0.0.1", 0)) as mute:
        quick = Client(timeout_s=0.05, wait=lambda _: None)
        address = f"http://127.0.0.1:{mute.getsockname()[1]}/x"
        assert refusal(quick, address) == (
            f"{address} did not answer within 0.05 s, {TRIES} times. Fetch again later."
        )
        quick.session.close()


def test_an_answer_that_only_trickles_ends_too(server, waits):
    ticks = iter(range(0, 10_000, 400))  # of a clock on which every look is 400 s later
    slow = Client(timeout_s=30, wait=waits.append, ticks=lambda: float(next(ticks)))
    assert "did not answer within 30 s" in refusal(slow, server.at("/x", "[1]"))
    slow.session.close()


def test_an_address_that_is_none_is_told(client):
    assert refusal(client, "http://[::1/x") == (
        "http://[::1/x could not be asked (InvalidURL). Look at `address` in sources.yaml."
    )


def test_a_certificate_that_does_not_hold_is_told_at_once(client, waits, monkeypatch):
    def refuse(*_, **__):
        raise requests.exceptions.SSLError

    monkeypatch.setattr(client.session, "get", refuse)
    assert "has a certificate that does not hold" in refusal(client, "https://example.org/x")
    assert not waits


def test_a_secret_is_sent_and_never_told(server, client):
    address = server.at("/x", "no", 400)
    told = refusal(client, address, query={"id": "DGS10"}, secret={"api_key": "abc123"})
    assert server.asked == ["/x?id=DGS10&api_key=abc123"]
    assert "abc123" not in told
    assert f"{address}?id=DGS10 answered" in told


def test_a_page_behind_a_redirect_is_refused_all_the_same(server, client):
    server.at("/consent", "<html><title>Before you continue</title></html>")
    address = server.at("/x", "", 302, Location="/consent")
    assert 'a web page titled "Before you continue"' in refusal(client, address)
