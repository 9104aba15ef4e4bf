"""Tests are imported by path; the modules beside them, and the simulation's, are not on it."""

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "simulation"), str(HERE.parent / "e2e")]
