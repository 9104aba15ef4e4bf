"""What the page for authors of treasure clients and room servers shows is what the engine does."""

import json
import re
import struct
from hashlib import sha256
from pathlib import Path

import msgspec
import pytest

from parlour.actors.treasure import proof
from parlour.actors.treasure.game_session import FAILURES
from parlour.events.errors import RuleViolation
from parlour.events.messages import treasure as wire
from parlour.events.messages import treasure_link as link
from parlour.events.rules.treasure import draws
from parlour.events.rules.treasure.sealing import Kind
from parlour.events.rules.treasure.state import LEAST, MOST
from parlour.events.rules.treasure.world import DAYS, FIRST_GOLD
from parlour.network import listeners
from parlour.network.config import Config, ListenSettings
from parlour.network.configfile import render, settings
from parlour.network.connection import Ending
from parlour.network.treasure import entrance
from parlour.network.treasure.codec import MAX_FRAME, TCP, RequestDecoder, payload_of
from parlour.network.treasure.handlers import refusal

DOCS = Path(__file__).parents[2] / "docs" / "protocols"
PAGE = (DOCS / "treasure.md").read_text("utf-8")
VECTORS = json.loads((DOCS / "treasure-vectors.json").read_text("utf-8"))
ASKED = wire.LOBBY_REQUESTS | wire.ROOM_REQUESTS
DECODER = RequestDecoder(ASKED)
SETTINGS = Config().treasure


def section(title):
    """Return what stands under a heading, down to the next one of its rank or higher."""
    rank = len(title.partition(" ")[0])
    rest = PAGE.partition(f"\n{title}\n")[2]
    assert rest, title
    return re.split(rf"^#{{2,{rank}}} ", rest, maxsplit=1, flags=re.M)[0]


def blocks(text, kind):
    return re.findall(rf"```{kind}\n(.*?)```", text, re.DOTALL)


def told_by_service():
    found = {}
    for cls in vars(wire).values():
        told = isinstance(cls, type) and issubclass(cls, wire.Message)
        if told and "service" in vars(cls) and not issubclass(cls, wire.Request):
            found.setdefault(cls.service, []).append(cls)
    return found


TOLD = told_by_service()
HEADINGS = {
    int(service): (title, section(title))
    for title, service in re.findall(r"^(### (\d+): .*)$", PAGE, re.M)
}


def read_asked(service, shown):
    """Return an example as the request it is; None when it is none."""
    if service not in ASKED:
        return None
    try:
        return DECODER.decode(struct.pack("<H", service) + json.dumps(shown).encode())
    except RuleViolation:
        return None


def read_told(service, shown):
    """Return an example as what is told; None when it has other fields than that."""
    for cls in TOLD.get(service, []):
        try:
            said = msgspec.convert(shown, cls)
        except msgspec.ValidationError:
            continue
        if json.loads(msgspec.json.encode(said)) == shown:
            return said
    return None


def is_asked(service, shown):
    request = read_asked(service, shown)
    names = {field.encode_name for field in msgspec.structs.fields(request)} if request else set()
    return request is not None and set(shown) <= names


# --- messages -----------------------------------------------------------------------------


def test_every_service_has_its_heading():
    assert set(HEADINGS) == set(ASKED) | set(TOLD)


@pytest.mark.parametrize("service", HEADINGS)
def test_an_example_is_a_message_of_its_service(service):
    shown = [json.loads(block) for block in blocks(HEADINGS[service][1], "json")]
    asked = [one for one in shown if is_asked(service, one)]
    told = [one for one in shown if read_told(service, one) is not None]
    assert len(asked) + len(told) >= len(shown) > 0
    assert all(one in asked or one in told for one in shown)
    assert not (service in ASKED and not asked)


@pytest.mark.parametrize("service", ASKED)
def test_every_field_of_a_request_is_in_the_table_under_its_heading(service):
    fields = {field.encode_name for field in msgspec.structs.fields(ASKED[service])} - {"seq"}
    named = set(re.findall(r"^\| `(\w+)` \|", HEADINGS[service][1], re.M))
    assert fields == named


def test_everything_a_client_is_told_has_an_example():
    shown = {
        type(said)
        for service, (_, text) in HEADINGS.items()
        for block in blocks(text, "json")
        if (said := read_told(service, json.loads(block))) is not None
    }
    farewell = msgspec.convert(json.loads(blocks(section("## Frames"), "json")[1]), wire.Farewell)
    shown.add(type(farewell))
    assert shown == {cls for kinds in TOLD.values() for cls in kinds}


def test_what_51_has_is_explained_or_plain():
    explained = set(re.findall(r"^\| `(\w+)` \|", HEADINGS[51][1], re.M))
    plain = {"player_id", "hp", "gold", "cell", "days", "cells", "commitment"}
    assert explained | plain == set(wire.Role.__struct_fields__)


# --- bytes --------------------------------------------------------------------------------

SESSION = re.findall(
    r"^([→←]) (\d+)\n\n```hex\n([0-9a-f\n]+)```\n```json\n(.*?)```",
    section("## A whole game in bytes"),
    re.DOTALL | re.M,
)


@pytest.mark.parametrize("step", range(len(SESSION)))
def test_shown_bytes_are_the_shown_message(step):
    way, service, shown_hex, shown_json = SESSION[step]
    frame, shown = bytes.fromhex(shown_hex), json.loads(shown_json)
    length, got = struct.unpack_from("<IH", frame)
    assert (length, got) == (len(frame) - 4, int(service))
    assert json.loads(frame[6:]) == shown
    if way == "→":
        assert is_asked(got, shown)
    else:
        assert TCP.encode(read_told(got, shown)) == frame


def test_the_session_has_every_message_of_a_game_and_no_bytes_are_without_their_message():
    assert len(SESSION) == len(blocks(section("## A whole game in bytes"), "hex"))
    heard = {int(service) for way, service, _, _ in SESSION if way == "←"}
    assert heard == set(TOLD) - {2, 4, 5, 7}
    said = {int(service) for way, service, _, _ in SESSION if way == "→"}
    assert said == {1, 3, 8, 1001, 52, 53, 56, 57}


def test_the_first_frame_shown_is_the_login_below_it():
    [shown] = blocks(section("## Frames"), "hex")
    request = json.loads(blocks(section("## Frames"), "json")[0])
    payload = bytes.fromhex(shown)[4:]
    assert bytes.fromhex(shown)[:4] == struct.pack("<I", len(payload))
    assert payload[:2] == payload_of(wire.Login(**request))[:2]
    assert json.loads(payload[2:]) == request


def said_in_session(service, way="←"):
    return [
        json.loads(text) for arrow, got, _, text in SESSION if (arrow, int(got)) == (way, service)
    ]


def test_the_seed_of_the_session_gives_what_its_player_was_told():
    code = fairness()
    [over], [role], [vision] = (said_in_session(service) for service in (61, 51, 62))
    seed = bytes.fromhex(over["seed"])
    roles = [player["role"] for player in over["players"]]
    code["verify"](role["commitment"], over["seed"], role["role"], role["seat"], len(roles))
    assert code["roles"](seed, len(roles)) == roles
    cells = code["treasures"](seed, len(roles))
    [found] = said_in_session(60)
    assert cells == [line["cell"] for line in found["found"]]
    assert code["hint"](seed, 1, cells) == vision["hint"]
    [lots] = said_in_session(56)
    assert code["lots"](seed, 1) == [lot["item"] for lot in lots["lots"]]
    commitments = {info["commitment"] for info in said_in_session(6)[:-1]}
    assert commitments == {sha256(seed).hexdigest()}
    text = section("## A whole game in bytes")
    assert ", ".join(roles) in text
    assert f"makes {vision['hint']} the evil's hint" in text


# --- codes --------------------------------------------------------------------------------


def test_the_codes_are_those_that_are_sent():
    rows = [int(code) for code in re.findall(r"^\| (\d+) \|", section("## Codes"), re.M)]
    assert rows == [wire.OK, *wire.CODES.values(), link.STALE]


def test_every_goodbye_is_in_the_table():
    rows = {int(code) for code in re.findall(r"^\| (\d+) \|", section("## Frames"), re.M)}
    reasons = [*(ending.value for ending in Ending), "malformed", "too_many"]
    assert {refusal(reason, "").code for reason in reasons} == rows


# --- fairness -----------------------------------------------------------------------------


def fairness():
    [code] = blocks(section("## Fairness"), "python")
    names = {}
    exec(compile(code, "treasure.md", "exec"), names)
    return names


@pytest.mark.parametrize("game", VECTORS["games"], ids=lambda game: str(game["players"]))
def test_the_code_shown_draws_what_the_vectors_have(game):
    code, seed, players = fairness(), bytes.fromhex(game["seed"]), game["players"]
    assert code["roles"](seed, players) == game["roles"]
    assert code["treasures"](seed, players) == game["treasures"]
    for day, lots in enumerate(game["lots"], 1):
        assert code["lots"](seed, day) == [lot["item"] for lot in lots]
        assert [lot["lot_id"] for lot in lots] == [2 * day - 1, 2 * day]
    for lot_id, cell in game["maps"].items():
        assert code["map_cell"](seed, int(lot_id)) == cell
    for row in game["hints"]:
        assert code["hint"](seed, row["day"], row["cells"]) == row["hint"]
    for row in game["finders"]:
        assert code["finder"](seed, row["day"], row["cell"], row["seats"]) == row["finder"]


def test_the_kinds_of_choices_are_those_that_are_sealed():
    said = section("## Fairness").replace("\n", " ")
    for kind in Kind:
        assert f"{int(kind)} {kind.name.lower()}" in said


# --- room servers -------------------------------------------------------------------------


def test_the_mac_shown_is_the_one_that_is_looked_at():
    [code] = blocks(section("## Room servers"), "python")
    names = {}
    exec(compile(code, "treasure.md", "exec"), names)
    challenge, me = (json.loads(block) for block in blocks(section("## Room servers"), "json"))
    assert "secret `s3cret`" in section("## Room servers")
    said = msgspec.convert(me, link.Register)
    assert names["mac"]("s3cret", challenge["challenge"], me) == me["mac"]
    assert proof.is_proven("s3cret", challenge["challenge"], said)
    assert not proof.is_proven("other", challenge["challenge"], said)


def test_every_message_of_the_link_has_its_row_with_all_fields():
    rows = re.findall(
        r"^\| (\d+) \| (S→R|R→S|both) \| \{(.*?)\} \|", section("## Room servers"), re.M
    )
    shown = [(int(service), way, set(re.findall(r"`(\w+)`", body))) for service, way, body in rows]
    sent = [
        (cls.service, "R→S", set(cls.__struct_fields__)) for cls in link.FROM_SERVER.values()
    ] + [
        (cls.service, "S→R", set(cls.__struct_fields__))
        for kinds in link.TO_SERVER.values()
        for cls in kinds
    ]
    both = (link.Beat.service, "both", set())
    sent = [one for one in sent if one[0] != link.Beat.service] + [both]
    assert sorted(shown, key=repr) == sorted(sent, key=repr)


# --- numbers ------------------------------------------------------------------------------


def test_every_setting_has_its_row_with_its_default():
    shown = dict(re.findall(r"^\| `([\w.]+)` \| `(.*?)` \|", section("## Settings"), re.M))
    found = {setting.key for setting in settings(Config())}
    assert {key for key in found if key.startswith("treasure.")} <= set(shown) <= found
    lines = set(re.findall(r"^(\w+ = .*?)(?:  #.*)?$", render(Config()), re.M))
    for key, value in shown.items():
        assert f"{key.rpartition('.')[2]} = {value}" in lines


def test_the_addresses_are_the_defaults():
    shown = section("## Addresses")
    listen = ListenSettings()
    for address in (listen.treasure, listen.treasure_room, listen.nodes):
        assert f"`{address}`" in shown
    for path in (entrance.LOBBY_PATH, entrance.ROOM_PATH):
        assert f"`ws://{listen.http}{path}`" in shown
    assert set(listeners.addresses([], listen)) >= {"treasure", "treasure-room", "nodes"}


def test_the_limits_are_the_codecs():
    assert f"{MAX_FRAME:,}" in section("## Frames")
    assert f"more than {wire.PAGE_SIZE} are {wire.PAGE_SIZE}" in HEADINGS[2][1]
    assert f"an account keeps {SETTINGS.tokens}" in HEADINGS[1][1].replace("\n", " ")
    assert f"at most {SETTINGS.room_name_bytes} bytes" in HEADINGS[3][1]
    assert f"players, {LEAST} to {MOST}" in HEADINGS[3][1]
    assert "The third bad ticket ends" in section("## Tickets")
    assert FAILURES == 3


def test_the_items_and_stages_are_the_rules():
    items = re.findall(r"^\| `(\w+)` \| (\d) \|", section("## The game"), re.M)
    assert {name: int(least) for name, least in items} == draws.LOWEST_BIDS
    stages = re.findall(r"^\| \d (\w+) \| (\d+) s \|", section("## The game"), re.M)
    lasts = [getattr(SETTINGS, f"{name}_seconds") for name, _ in stages]
    assert [float(seconds) for _, seconds in stages] == lasts
    assert len(stages) == 4
    assert f"3 hp and {FIRST_GOLD} gold" in section("## The game")
    assert DAYS == 7
