import pytest

from parlour.network.demo.process import EngineFailed, EngineProcess, run_command


@pytest.fixture
def engine_of(tmp_path):
    engines = []

    def make(**options):
        engine = EngineProcess(tmp_path, tmp_path / "data", **options)
        engines.append(engine)
        return engine

    yield make
    for engine in engines:
        engine.close()


def test_an_engine_that_cannot_start_says_why(engine_of):
    with pytest.raises(EngineFailed, match=r"did not start\n.*unknown setting"):
        engine_of(options=("--set", "no.such.setting=1")).start()


def test_a_second_engine_on_the_same_folder_cannot_start(engine_of):
    engine_of().start()
    with pytest.raises(EngineFailed, match="in use"):
        engine_of().start()


def test_an_engine_listens_where_it_is_asked_to_and_drains_with_exit_code_0(engine_of):
    engine = engine_of(listen=("landlord",))
    assert engine.start() > 0
    assert list(engine.addresses) == ["landlord"]
    assert engine.stop() == 0


def test_an_engine_that_does_not_run_cannot_be_killed(engine_of):
    with pytest.raises(EngineFailed, match="not running"):
        engine_of().kill()


def test_a_command_answers_with_its_exit_code_and_lines():
    assert run_command("--version").code == 0
    code, lines = run_command("replay", "games", "--data", "/nowhere")
    assert code == 2
    assert len(lines) == 1
