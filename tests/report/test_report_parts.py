"""The pieces a report is made of: escaping, numbers, axes, the history of a training."""

import math

import numpy as np
import pytest

import made_answers as made
from poseact.errors import InvalidInputError, SourceError
from poseact.judging.metrics import calibration
from poseact.judging.words import cut, percent
from poseact.report import TrainingHistory, read_history
from poseact.report.charts import nice_ticks, reliability_diagram, training_curves
from poseact.report.markup import Markup, element, escaped, joined


def test_everything_but_markup_is_escaped():
    assert escaped('<a href="x">&') == "&lt;a href=&quot;x&quot;&gt;&amp;"
    assert element("p", "<i>", Markup("<i>"), None, 3) == "<p>&lt;i&gt;<i>3</p>"
    assert element("p", title='"<', class_="a", aria_label="b", data_i=1, hidden=True, dir=None) == (
        '<p title="&quot;&lt;" class="a" aria-label="b" data-i="1" hidden></p>'
    )
    assert element("input", value=0) == '<input value="0">'
    assert element("line", x1=1 / 3, x2=2.0) == '<line x1="0.33" x2="2"></line>'
    assert isinstance(joined("<", Markup("<")), Markup) and joined("<", Markup("<")) == "&lt;<"


@pytest.mark.parametrize(
    ("share", "text"),
    [(0.7354, "73.5 %"), (1, "100 %"), (0, "0 %"), (0.99999, "99.999 %"), (None, "–"), (math.nan, "–")],
)
def test_percent(share, text):
    assert percent(share) == text


def test_a_hundred_is_said_of_all_only():
    assert percent(0.9999, 0) == "99.99 %"
    assert percent(0.9961, 0) == "99.6 %"


@pytest.mark.parametrize(
    ("text", "short"), [("walk", "walk"), ("abcdefgh", "abcdefgh"), ("abcdefghi", "abcd…ghi")]
)
def test_cut_names_keep_both_ends(text, short):
    assert cut(text, 8) == short
    assert len(short) <= 8


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        (0, 1, [0, 0.2, 0.4, 0.6, 0.8, 1.0]),
        (0, 2.3, [0, 0.5, 1, 1.5, 2, 2.5]),
        (37, 100, [20, 40, 60, 80, 100]),
        (5, 5, None),
    ],
)
def test_ticks_are_round_and_hold_all(low, high, ticks):
    found = nice_ticks(low, high)
    assert ticks is None or found == pytest.approx(ticks)
    assert found[0] <= low and found[-1] >= high and len(found) < 12


def test_epochs_get_whole_ticks():
    assert nice_ticks(1, 3, whole=True) == [1, 2, 3]


def test_the_gap_of_a_bin_is_as_high_as_its_error():
    # All said .9, half right: from 50 % to 90 % of a side of 300.
    found = calibration(np.array([[0.9, 0.1], [0.9, 0.1]]), np.array([0, 1]))
    picture = reliability_diagram(found)
    assert 'height="120" class="gap"' in picture
    assert 'height="150" class="value"' in picture
    assert "2 clips, confidence 90\u00a0%, right in 50\u00a0%" in picture
    modest = reliability_diagram(calibration(np.array([[0.6, 0.4]]), np.array([0])))
    assert 'height="120" class="spare"' in modest


def test_curves_skip_what_was_not_measured():
    history = TrainingHistory(
        (1, 2, 3), {"val_loss": (1.0, math.nan, 0.5), "train_accuracy": (0.1, 0.2, 0.3)}
    )
    pictures = training_curves(history)
    assert pictures.count("<svg") == 2
    assert pictures.count("<polyline") == 2
    loss = pictures.split('class="val"')[0].rsplit('points="', 1)[1]
    assert len(loss.split()) == 2
    assert training_curves(TrainingHistory((1,), {"val_loss": (1.0,)})).count("<circle") == 1


def test_history_from_csv(tmp_path):
    path = tmp_path / "history.csv"
    path.write_text(
        "epoch,of,train_loss,val_loss,val_accuracy,lr\n1,9,2.5,,0.25,0.1\n2,9,1.5,,0.5,0.1\n", "utf-8"
    )
    found = read_history(path)
    assert found.epochs == (1, 2)
    assert found.curves == {"train_loss": (2.5, 1.5), "val_accuracy": (0.25, 0.5)}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "one epoch or more"),
        ("epoch,train_loss\n", "one epoch or more"),
        ("step,train_loss\n1,2\n", "no column 'epoch'"),
        ("epoch,train_loss\n1,good\n", "good"),
        ("epoch,train_loss\n2,1\n1,1\n", "rise"),
    ],
)
def test_broken_histories_are_told(text, message, tmp_path):
    (tmp_path / "h.csv").write_text(text, "utf-8")
    with pytest.raises(SourceError, match=message):
        read_history(tmp_path / "h.csv")
    with pytest.raises(SourceError, match="no such file"):
        read_history(tmp_path / "none.csv")


def test_histories_that_do_not_fit_are_refused():
    with pytest.raises(InvalidInputError, match="has 1 values for 2 epochs"):
        TrainingHistory((1, 2), {"val_loss": (1.0,)})
    with pytest.raises(InvalidInputError, match="found 'loss'"):
        TrainingHistory((1,), {"loss": (1.0,)})


def test_made_poses_are_what_other_tests_take_them_for():
    assert made.poses(5, 2).keypoints.shape == (2, 5, 20, 3)
