"""A disk that is full when a test says so."""

from eventsourcing.persistence import OperationalError


class FullDisk:
    """Stands before the recorder's commits; everything else is the recorder's."""

    def __init__(self, house, flush=None):
        """`house` has `recorder`, `writer` and `engine`; `flush` writes what is said, and more."""
        self._house = house
        self._flush = flush or house.writer.flush
        self._commit, self._probe = house.recorder.commit, house.recorder.probe
        self.full = False
        house.recorder.commit, house.recorder.probe = self._try_commit, self._try_probe

    def fill(self):
        self.full = True

    def free(self):
        """Make room, and let the engine find out."""
        self.full = False
        self._house.writer.advance(1.0)
        self._flush()
        assert self._house.engine.accepting

    def _refuse(self):
        if self.full:
            raise OperationalError("database or disk is full")

    def _try_commit(self, units):
        self._refuse()
        return self._commit(units)

    def _try_probe(self):
        self._refuse()
        return self._probe()
