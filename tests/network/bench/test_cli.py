import msgspec
import pytest
from click.testing import CliRunner

from parlour.network.cli import cli


def test_json_is_one_document_with_bars_and_figures():
    done = CliRunner().invoke(cli, ["bench", "rules", "--json", "--rounds", "1"])
    assert done.exit_code == 0, done.output
    document = msgspec.json.decode(done.output)
    assert document["bench"] == "rules"
    assert {bar["met"] for bar in document["bars"]} <= {True, False, None}
    assert document["machine"]["cpus"] >= 1


def test_a_person_gets_a_table():
    done = CliRunner().invoke(cli, ["bench", "rules", "--rounds", "1"])
    assert "legal plays / douzero" in done.output
    assert "bar" in done.output


@pytest.mark.parametrize(
    "name", ["log", "rules", "fanout", "replay", "recover", "stream", "chatroom"]
)
def test_every_bench_explains_itself(name):
    done = CliRunner().invoke(cli, ["bench", name, "--help"])
    assert done.exit_code == 0
    assert "--json" in done.output
    assert "--rounds" in done.output
