"""Who belongs to whom: the pairing of rows and columns whose costs add up to least."""

import lap
import numpy as np
from numpy.typing import NDArray


def assign(costs: NDArray[np.floating], most: float) -> list[tuple[int, int]]:
    """Pairs (row, column) of least total cost; one of `most` or more counts as `most`, and is left out.

    Solved by lapx, after Jonker and Volgenant, "A Shortest Augmenting Path Algorithm for Dense and Sparse
    Linear Assignment Problems", 1987.

    Args:
        costs: (N, M), 0 or more, infinity where a pair cannot be; N or M may be 0.
        most: More than 0.
    """
    if 0 in costs.shape:
        return []
    cut = np.minimum(np.asarray(costs, np.float64), most)
    _, column_of, _ = lap.lapjv(cut, extend_cost=True, cost_limit=most)
    return [(i, j) for i, j in enumerate(column_of.tolist()) if j >= 0 and cut[i, j] < most]
