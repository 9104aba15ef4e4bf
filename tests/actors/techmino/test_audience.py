from parlour.actors.techmino.audience import Audience


def test_an_audience_is_everybody_but_one():
    people = {3: "c", 1: "a", 2: "b"}
    audience = Audience()
    assert audience.of(people) == (3, 1, 2)
    assert audience.of(people, without=1) == (3, 2)
    assert audience.of(people, without=9) == (3, 1, 2)


def test_an_audience_is_made_once_while_the_people_are_the_same():
    people = {1: "a", 2: "b"}
    audience = Audience()
    first = audience.of(people, without=1)
    audience.of(people, without=2)
    assert audience.of(people, without=1) is first
    assert audience.of({**people, 3: "c"}, without=1) == (2, 3)


def test_audiences_of_a_very_large_match_do_not_pile_up():
    people = dict.fromkeys(range(1, 3001))
    audience = Audience()
    for uid in people:
        assert len(audience.of(people, without=uid)) == 2999
    assert sum(map(len, audience._tuples.values())) < 1.1 * (1 << 20)
