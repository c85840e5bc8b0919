"""The pairing of least total cost, against all pairings there are."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from poseact.assignment import assign


def least(costs: np.ndarray, most: float) -> float:
    """The least cost of all pairings, in which whoever stays alone costs half of `most`."""
    rows, columns = costs.shape
    padded = np.full((rows + columns, rows + columns), most / 2)
    padded[rows:, columns:] = 0
    padded[:rows, :columns] = costs
    size = len(padded)
    return min(sum(padded[i, p[i]] for i in range(size)) for p in permutations(range(size)))


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10**6), rows=st.integers(1, 3), columns=st.integers(1, 4))
def test_no_pairing_costs_less(seed: int, rows: int, columns: int) -> None:
    rng = np.random.default_rng(seed)
    costs = rng.uniform(0, 2, (rows, columns))
    costs[rng.random(costs.shape) < 0.2] = np.inf
    pairs = assign(costs, 1.0)
    assert len({i for i, _ in pairs}) == len({j for _, j in pairs}) == len(pairs)
    assert all(costs[pair] < 1.0 for pair in pairs)
    alone = rows + columns - 2 * len(pairs)
    assert sum(costs[pair] for pair in pairs) + alone / 2 == pytest.approx(least(costs, 1.0))


@pytest.mark.parametrize("shape", [(0, 0), (0, 3), (3, 0)])
def test_nobody_gets_nobody(shape: tuple[int, int]) -> None:
    assert assign(np.zeros(shape), 1.0) == []
