"""The grid of results: every row can be run, and the documented table is that of the kept results."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

from poseact.datasets import DATASETS
from poseact.training.config import check_model_options
from poseact.training.ensemble import member_configs
from poseact.training.run import find_model

ROOT = Path(__file__).parents[1]


def _grid() -> ModuleType:
    spec = importlib.util.spec_from_file_location("accuracy_grid", ROOT / "benchmarks" / "accuracy.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["accuracy_grid"] = module  # where dataclasses look for the module that they are in
    spec.loader.exec_module(module)
    return module


GRID = _grid()
CELLS = {
    path.stem: GRID.load_cell(path) for path in sorted((ROOT / "benchmarks" / "accuracy").glob("*.yaml"))
}


@pytest.mark.parametrize("name", CELLS)
def test_every_row_names_a_set_its_protocols_and_a_model_with_options_that_it_has(name: str) -> None:
    cell = CELLS[name]
    assert cell.data in DATASETS
    assert set(cell.protocols) <= set(DATASETS[cell.data].protocols)
    if cell.member_of:
        whole = CELLS[cell.member_of]
        assert (whole.data, whole.protocols) == (cell.data, cell.protocols)
        assert 1 <= cell.member <= len(whole.settings["members"])
        return
    config = GRID.config_of(cell, cell.protocols[0], "1", 0)
    assert config.val_fraction == 0, "official figures learn from the whole training part"
    for one in member_configs(config) if config.model == "ensemble" else [config]:
        check_model_options(one.model, find_model(one.model), one.options)


def test_the_table_in_the_documentation_is_that_of_the_kept_results() -> None:
    text = GRID.table(list(CELLS.values()), GRID.Kept(GRID.KEPT))
    assert (ROOT / "docs" / "results.md").read_text(encoding="utf-8") == text


def test_a_figure_is_the_mean_over_protocols_of_all_their_folds() -> None:
    def fold(right: int, total: int) -> object:
        return GRID.FoldResult(right, total, 1.0, 10, 0.1, 100)

    cell = GRID.Cell("x", "jhmdb", ("split1", "split2"), {})
    results = {0: {"split1 1": fold(8, 10), "split2 1": fold(1, 2)}}
    assert GRID.seed_accuracies(cell, results) == pytest.approx([65.0])
    folds = GRID.Cell("x", "sbu-interaction", ("2-fold",), {})
    two = {0: {"2-fold 1": fold(8, 10), "2-fold 2": fold(1, 2)}, 1: {"2-fold 1": fold(8, 10)}}
    assert GRID.seed_accuracies(folds, two) == pytest.approx([75.0])  # seed 1 is not finished
