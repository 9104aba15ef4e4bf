"""What the page for authors of Techmino clients shows is what the engine does."""

import json
import re
from pathlib import Path

import msgspec
import pytest

from parlour.events.errors import RuleViolation
from parlour.events.messages.techmino import app, chat, common, play, stream, user
from parlour.events.rules.techmino import notices, record
from parlour.network import websocket, websocket_link
from parlour.network.config import Config
from parlour.network.configfile import render, settings
from parlour.network.connection import Ending
from parlour.network.techmino import credentials, entrance, registration
from parlour.network.techmino.codec import (
    MAX_MESSAGE,
    NAME_BYTES,
    PASSWORD_BYTES,
    Lengths,
    RequestDecoder,
)
from parlour.network.techmino.handlers import ACTIONS, PATH, services
from parlour.network.websocket import JSON_TEXT, FrameReader

PAGE = (Path(__file__).parents[2] / "docs" / "protocols" / "techmino.md").read_text("utf-8")
MODULES = {"app": app, "user": user, "chat": chat, "play": play, "stream": stream}
SETTINGS = Config().techmino
DECODERS = {
    endpoint: RequestDecoder(
        {action: row.request for action, row in rows.items()},
        Lengths(
            message=SETTINGS.message_bytes,
            config=SETTINGS.config_bytes,
            chunk=SETTINGS.chunk_bytes,
        ),
    )
    for endpoint, rows in ACTIONS.items()
}
KINDS = (common.Self, common.Broadcast, common.Server)


def section(title):
    """Return what stands under a heading, down to the next one of its rank or higher."""
    rank = len(title.partition(" ")[0])
    rest = PAGE.partition(f"\n{title}\n")[2]
    assert rest, title
    return re.split(rf"^#{{2,{rank}}} ", rest, maxsplit=1, flags=re.M)[0]


def blocks(text, kind):
    return re.findall(rf"```{kind}\n(.*?)```", text, re.DOTALL)


def told(endpoint):
    """Return what a client of an endpoint is told, by type and action."""
    found = {}
    for cls in vars(MODULES[endpoint]).values():
        if not isinstance(cls, type) or cls.__module__ != MODULES[endpoint].__name__:
            continue
        if issubclass(cls, common.Connect):
            found["Connect", None] = cls
        elif issubclass(cls, KINDS):
            [action] = [f.default for f in msgspec.structs.fields(cls) if f.name == "action"]
            found[cls.__struct_config__.tag, action] = cls
    return found


TOLD = {endpoint: told(endpoint) for endpoint in MODULES}


def read_told(endpoint, shown):
    """Return an example as the struct it is said with; None when it is of no such kind."""
    if shown["type"] in ("Warn", "Error"):
        return msgspec.convert(shown, getattr(common, shown["type"]))
    key = shown["type"], None if shown["type"] == "Connect" else shown["action"]
    cls = TOLD[endpoint].get(key)
    return cls and msgspec.convert(shown, cls)


def fits(endpoint, shown):
    """Tell whether an example is a message of an endpoint, with all its fields and no other."""
    try:
        if "type" in shown:
            said = read_told(endpoint, shown)
            return said is not None and json.loads(msgspec.json.encode(said)) == shown
        asked = DECODERS[endpoint].decode(json.dumps(shown).encode())
    except (msgspec.ValidationError, RuleViolation):
        return False
    return set(shown.get("data", {})) <= set(type(asked).__struct_fields__)


def examples(endpoint):
    return [json.loads(block) for block in blocks(section(f"## `{endpoint}`"), "json")]


# --- messages -----------------------------------------------------------------------------


@pytest.mark.parametrize("block", blocks(PAGE, "json"))
def test_an_example_is_a_message_of_its_endpoint(block):
    shown = json.loads(block)
    places = [name for name in MODULES if block in section(f"## `{name}`")]
    assert any(fits(endpoint, shown) for endpoint in places or MODULES)


@pytest.mark.parametrize("endpoint", ACTIONS)
def test_every_action_has_a_row_and_an_example(endpoint):
    rows = re.findall(r"^\| (\d) \w+ \|", section(f"## `{endpoint}`"), re.M)
    assert [int(action) for action in rows] == sorted(ACTIONS[endpoint])
    everywhere = examples(endpoint) + [
        json.loads(block) for block in blocks(section("### A session in bytes"), "json")
    ]
    asked = {shown["action"] for shown in everywhere if "type" not in shown}
    assert set(ACTIONS[endpoint]) <= asked


@pytest.mark.parametrize("endpoint", ACTIONS)
def test_every_field_of_a_request_is_in_the_row_of_its_action(endpoint):
    for action, row in ACTIONS[endpoint].items():
        [cells] = re.findall(rf"^\| {action} \w+ \|(.*)$", section(f"## `{endpoint}`"), re.M)
        named = re.findall(r"`(\w+)`", cells.partition("|")[0])
        assert set(named) == set(row.request.__struct_fields__)


def test_everything_a_client_is_told_has_an_example():
    shown = [json.loads(block) for block in blocks(PAGE, "json")]
    for endpoint, kinds in TOLD.items():
        for key, cls in kinds.items():
            fitting = [
                one
                for one in shown
                if (one.get("type"), None if key[1] is None else one.get("action")) == key
                and fits(endpoint, one)
            ]
            assert fitting, (endpoint, cls.__name__)


def test_the_credentials_shown_are_those_that_are_read():
    rows = re.findall(r"^\| `(\w+)` \| `(\{.*?\})` \|", section("## Logging in"), re.M)
    structs = {(name, type(credentials.read(name, given.encode()))) for name, given in rows}
    wanted = {(name, cls) for name, found in credentials._CHOICES.items() for cls in found.values()}
    assert structs == wanted
    assert all(f"`{PATH}{endpoint}`" in PAGE for endpoint in ACTIONS)


# --- bytes --------------------------------------------------------------------------------


def hex_and_json():
    """Return frames with the message that is shown right below each."""
    pairs = re.findall(r"```hex\n([0-9a-f\n]+)```\n```json\n(.*?)```", PAGE, re.DOTALL)
    return [(bytes.fromhex(shown), json.loads(said)) for shown, said in pairs]


def client_frame(data):
    reader = FrameReader(MAX_MESSAGE)
    reader.receive_data(data)
    frame = reader.next_frame()
    assert reader.next_frame() is None
    return frame


@pytest.mark.parametrize(("frame", "shown"), hex_and_json())
def test_shown_bytes_are_the_shown_message(frame, shown):
    if "type" not in shown:
        opcode, payload = client_frame(frame)
        assert (opcode, json.loads(payload)) == (websocket.TEXT, shown)
        return
    [said] = {
        msgspec.json.encode(read_told(endpoint, shown))
        for endpoint in MODULES
        if fits(endpoint, shown)
    }
    assert frame == JSON_TEXT.encode(msgspec.Raw(said))


def test_no_bytes_are_shown_without_their_message():
    assert len(hex_and_json()) == len(blocks(PAGE, "hex")) == 10


def test_the_control_frames_of_the_session_are_what_they_are_said_to_be():
    rows = re.findall(r"^\| (engine|client) \| `([0-9a-f]+)` \| (\w+)", PAGE, re.M)
    shown = [(who, bytes.fromhex(frame), what) for who, frame, what in rows]
    (_, ping, _), (_, pong, _), (_, close, _), (_, closed, _) = shown
    assert [what for _, _, what in shown] == ["ping", "pong", "close", "close"]
    assert ping == websocket.PING_FRAME
    assert client_frame(pong) == (websocket.PONG, b"")
    assert websocket.close_code(client_frame(close).payload) == websocket.NORMAL
    assert closed == websocket.close_frame(websocket.NORMAL)
    [refused] = re.findall(r"the close frame `([0-9a-f]+)`", PAGE)
    reason = "Access Token is incorrect"
    assert bytes.fromhex(refused) == websocket.close_frame(websocket.POLICY, reason)


def test_the_heads_shown_are_those_that_are_sent():
    asked, answered, refused = blocks(PAGE, "http")
    head, _, body = asked.partition("\n\n")
    assert credentials.read("user", body.strip().encode())
    assert f"Content-Length: {len(body.strip())}\n" in head + "\n"
    [key] = re.findall(r"Sec-WebSocket-Key: (.*)", head)
    sent = entrance.WildClient.switching(key)
    assert sent.decode() == answered.replace("\n", "\r\n") + "\r\n"
    assert entrance.WILD_KEY in PAGE
    assert f"`{entrance.WildClient.ANSWERED.decode()}`" in PAGE
    assert "\ncontent-length: " in refused


# --- refusals -----------------------------------------------------------------------------


REASONS = sorted(
    {value for name, value in vars(common).items() if name.isupper()}
    | set(notices.REASONS.values())
    | set(registration._WORDS.values())
    | {registration._CLOSED, credentials._WRONG_PASSWORD, "Password is not valid"}
    | {
        f"{name} is {what}"
        for name in credentials._TOKEN_NAMES.values()
        for what in ("expired", "incorrect")
    }
    | {"Wrong format: …", "taken over by another connection"}
)


@pytest.mark.parametrize("reason", REASONS)
def test_every_reason_is_on_the_page(reason):
    assert f"`{reason}`" in PAGE or f'"reason":"{reason}"' in PAGE


def test_the_close_codes_are_those_that_are_sent():
    shown = {int(code) for code in re.findall(r"^\| (1\d\d\d) \|", section("## Frames"), re.M)}
    sent = set(websocket_link.CLOSE_CODES.values())
    sent |= {websocket.PROTOCOL_ERROR, websocket.BAD_CONTENT, websocket.TOO_BIG}
    assert shown == sent
    assert set(websocket_link.CLOSE_CODES) == set(Ending)


# --- numbers ------------------------------------------------------------------------------


def test_every_setting_has_its_row_with_its_default():
    shown = dict(re.findall(r"^\| `([\w.]+)` \| `(.*?)` \|", section("## Settings"), re.M))
    found = {setting.key: setting.value for setting in settings(Config())}
    ours = {key for key in found if key.startswith("techmino.")}
    assert ours <= set(shown)
    lines = set(re.findall(r"^(\w+ = .*?)(?:  #.*)?$", render(Config()), re.M))
    for key, value in shown.items():
        assert key in found
        assert f"{key.rpartition('.')[2]} = {value}" in lines


def test_the_limits_of_fields_are_the_codecs():
    rows = dict(
        re.findall(r"^\| `(\w+)`[^|]*\| ([\d,]+) \|$", section("## Requests and errors"), re.M)
    )
    assert {name: int(most.replace(",", "")) for name, most in rows.items()} == {
        "message": SETTINGS.message_bytes,
        "config": SETTINGS.config_bytes,
        "stream": SETTINGS.chunk_bytes,
        "name": NAME_BYTES,
        "password": PASSWORD_BYTES,
    }
    assert f"{MAX_MESSAGE:,} bytes" in PAGE.replace("\n", " ")


def test_only_streams_are_read_slowly_instead_of_losing_messages():
    made = services(SETTINGS, {app.Register: None})
    assert [name for name, service in made.items() if service.lossless] == ["stream"]
    assert "On `stream` nothing is ever dropped" in PAGE.replace("\n", " ")


def test_the_types_of_rooms_are_the_defaults():
    rows = re.findall(r"^\| `(\w+)` \| ([\d,]+) \|$", section("## `play`"), re.M)
    assert {name: int(most.replace(",", "")) for name, most in rows} == SETTINGS.types


# --- record bytes -------------------------------------------------------------------------


def test_the_numbers_shown_are_coded_so():
    rows = re.findall(r"^\| ([\d,^]+) \| `([0-9a-f]+)` \|$", section("## Record bytes"), re.M)
    assert len(rows) == 6
    for number, shown in rows:
        base, _, power = number.replace(",", "").partition("^")
        value = int(base) ** int(power or 1)
        assert record.encode_number(value).hex() == shown


def test_the_keys_are_named_as_replay_names_them():
    rows = re.findall(
        r"^\| (\d+) \| ([\w ]+) \| (\d+) \| ([\w ]+) \|$", section("## Record bytes"), re.M
    )
    shown = {int(key): name for row in rows for key, name in (row[:2], row[2:])}
    assert shown == record.KEYS


def in_words(event):
    if event.name in ("press", "release"):
        return f"{event.name} {event.key}, {record.KEYS[event.key]}"
    if event.attack is None:
        return event.name
    line, time, amount, sid = event.attack
    kind = event.name.removeprefix("attack_")
    return f"attack {kind}: line 0x{line:x}, time {time}, amount {amount}, sid {sid}"


def test_the_chunks_shown_hold_what_they_are_said_to_hold():
    ada_first, ada_second, bo_first = re.findall(
        r"`([\w+/]{8,})`[^|]*?\n\n\| bytes \| frame \| event \|\n\|[-|]+\|\n((?:\|.*\n)+)",
        section("## Record bytes"),
    )
    progress = record.START
    for chunk, rows in (ada_first, ada_second, bo_first):
        content = record.unpack(chunk)
        cells = re.findall(r"^\| `([0-9a-f ]+)` \| (\d+) \| (.*) \|$", rows, re.M)
        assert bytes.fromhex("".join(shown for shown, _, _ in cells)) == content
        if chunk == bo_first[0]:
            progress = record.START
        events, progress = record.decode(content, progress)
        assert progress.whole
        assert [(event.frame, in_words(event)) for event in events] == [
            (int(frame), what) for _, frame, what in cells
        ]
