"""Techmino on the command line: streams, chats and matches as `parlour` prints them."""

import zlib

import pytest
from halls import rid_of

CLEAN, FINDINGS, COULD_NOT_RUN = 0, 1, 2
DUEL = rid_of(2)


# --- streams ----------------------------------------------------------------------------------


def test_a_stream_is_a_document(danced, document_of):
    document = document_of("replay", "stream", DUEL, "--data", danced, "--uid", 2)
    assert {"rid", "seed", "players"} <= document.keys()
    assert {"uid", "chunks", "events", "findings"} <= document["players"][0].keys()


def test_a_stream_is_a_timeline(danced, parlour):
    code, out, _ = parlour("replay", "stream", DUEL, "--data", danced)
    assert code == CLEAN
    assert "    210    0:03.500  player 1              sends 3 lines to seat 1" in out


def test_a_stream_can_be_played(danced, parlour):
    slow = parlour("replay", "stream", DUEL, "--data", danced)
    assert parlour("replay", "stream", DUEL, "--data", danced, "--speed", 1e9) == slow


def test_a_replay_file_is_written(danced, parlour, document_of, tmp_path):
    out = tmp_path / "a.rep"
    stream = ("replay", "stream", DUEL, "--data", danced, "--uid", 2)
    document = document_of(*stream, "--rep", out)
    assert document == {"path": str(out), "uid": 2, "bytes": 93}
    assert len(zlib.decompress(out.read_bytes().split(b"\n", 4)[4]).split(b"\n", 3)[3]) == 93
    code, said, _ = parlour(*stream, "--rep", out)
    assert (code, said) == (CLEAN, f"{out}: 93 record bytes of uid 2\n")


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (("stream", "nobody"), "parlour replay games"),
        (("stream", rid_of(1)), DUEL),
        (("stream", DUEL, "--uid", "9"), "--uid 1, 2"),
        (("stream", DUEL, "--rep", "out.rep"), "--uid 1 or 2"),
        (("stream", DUEL, "--uid", "1", "--rep", "/no/out.rep"), "name another file"),
        (("stream", DUEL, "--speed", "0"), "--speed"),
        (("stream", DUEL, "--speed", "1", "--json"), "leave out --json"),
        (("chat", "techmino:nowhere"), "techmino:global"),
        (("chat", "techmino:global", "--since", "yesterday"), "2026-11-21T07:00:00Z"),
        (("game", DUEL, "--seat", "2"), "--seat"),
        (("game", rid_of(99)), "parlour replay games"),
    ],
)
def test_a_mistake_is_one_line_with_what_to_do(danced, parlour, arguments, hint):
    code, out, err = parlour("replay", *arguments, "--data", danced)
    assert (code, out) == (COULD_NOT_RUN, "")
    assert err.count("\n") == 1
    assert hint in err


# --- chats ------------------------------------------------------------------------------------


def test_a_chat_is_a_document(danced, document_of):
    document = document_of("replay", "chat", "techmino:global", "--data", danced)
    assert document["room"] == "techmino:global"
    assert [message["seq"] for message in document["messages"]] == [1, 2, 3]
    assert list(document["messages"][0]) == [
        "position",
        "uid",
        "username",
        "time",
        "text",
        "seq",
    ]


def test_a_page_of_a_chat_can_be_asked_for(danced, document_of):
    page = ("replay", "chat", "techmino:global", "--data", danced, "--after", 1, "--limit", 1)
    assert [message["seq"] for message in document_of(*page)["messages"]] == [2]


def test_no_message_is_an_empty_list(danced, document_of):
    nothing = ("replay", "chat", "techmino:global", "--data", danced, "--text", "nothing")
    assert document_of(*nothing) == {"room": "techmino:global", "messages": []}


def test_a_chat_is_one_line_a_message(danced, parlour):
    code, out, _ = parlour("replay", "chat", "techmino:english", "--data", danced)
    assert (code, out) == (
        CLEAN,
        "      1  2026-11-20 07:00:03  player 4 (4): Nobody here? �[31mRed� alert\n",
    )


def test_times_narrow_a_chat(danced, document_of):
    since = ("--since", "2026-11-20T07:00:02", "--until", "2026-11-20T08:00:03+01:00")
    document = document_of("replay", "chat", "techmino:global", "--data", danced, *since)
    assert [message["uid"] for message in document["messages"]] == [2]


# --- matches and audit ------------------------------------------------------------------------


def test_matches_are_listed_and_replayed(danced, document_of, parlour):
    games = document_of("replay", "games", "--data", danced)["games"]
    assert {game["kind"] for game in games} == {"techmino.match"}
    document = document_of("replay", "game", DUEL, "--data", danced)
    assert document == document_of("replay", "game", games[0]["id"], "--data", danced)
    code, out, _ = parlour("replay", "game", DUEL, "--data", danced)
    assert code == CLEAN
    assert out.splitlines()[-2].split() == ["1", "player", "1", "1", "0", "17"]


def test_a_match_can_be_audited_alone_and_streams_left_out(danced, document_of, parlour):
    document = document_of("audit", "--data", danced, "--game", DUEL)
    assert (document["ok"], document["games"]) == (True, 1)
    assert document_of("audit", "--data", danced, "--no-streams")["chunks"] == 0
    code, _, err = parlour("audit", "--data", danced, "--game", rid_of(99))
    assert code == COULD_NOT_RUN
    assert "not in this log" in err


def test_findings_of_streams_leave_with_1(tamperer_of_night, document_of):
    position = tamperer_of_night.find("techmino.chunk-streamed", of=f"techmino.match:{DUEL}", nth=9)
    tamperer_of_night.change(position, stream="A")
    tamperer_of_night.reseal()
    data = tamperer_of_night.folder
    document = document_of("audit", "--data", data, code=FINDINGS)
    assert [finding["code"] for finding in document["findings"]] == ["chunk_undecodable"]
    assert document_of("audit", "--data", data, "--no-streams")["ok"] is True


def test_stats_count_matches_as_games(danced, document_of):
    assert document_of("log", "stats", "--data", danced)["games"] == 4
