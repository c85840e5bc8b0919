"""What all tests of data sets share."""

import pytest


@pytest.fixture(autouse=True)
def no_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test here looks for people with a real estimator unless it says so; none fetches weights."""
    monkeypatch.setenv("POSEACT_WEIGHTS", "no-weights-in-these-tests")


@pytest.fixture
def blazepose_weights_here(
    no_weights: None, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    """For the test that does look for people: undoes `no_weights`, and skips where there are none."""
    monkeypatch.delenv("POSEACT_WEIGHTS")
    request.getfixturevalue("blazepose_weights")
