"""A data set as a picture: class balance, lengths, missing joints, and a skeleton of every class."""

from typing import TYPE_CHECKING, Any

import numpy as np

from poseact.data_summary import DataSummary
from poseact.errors import MissingExtraError
from poseact.render.colours import Image
from poseact.render.contact_sheet import contact_sheet
from poseact.render.skeleton_tiles import skeleton_tile

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_BAR, _PALE = "#3572b0", "#c9d3df"
_MOST_CLASSES = 60
_MOST_JOINTS = 33


def data_figure(summary: DataSummary, title: str) -> Image:
    """The picture of a data set, (H, W, 3) uint8 RGB.

    Raises:
        MissingExtraError: If matplotlib is not installed.
    """
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError:
        raise MissingExtraError("matplotlib", "train") from None
    classes = summary.clips.most_common(_MOST_CLASSES)
    sheet = _skeletons(summary)
    charts_in = max(0.21 * len(classes) + 0.9, 5.0)
    sheet_in = 0.0 if sheet is None else 15.0 * sheet.shape[0] / sheet.shape[1]
    figure = Figure(figsize=(15.4, charts_in + sheet_in + 0.9), dpi=110)
    canvas: Any = FigureCanvasAgg(figure)  # its methods have no types
    rows = [charts_in, sheet_in] if sheet is not None else [charts_in]
    high = figure.get_figheight()
    grid = figure.add_gridspec(
        len(rows),
        1,
        height_ratios=rows,
        left=0.012,
        right=0.988,
        top=1 - 0.8 / high,
        bottom=0.1 / high,
        hspace=0.08,
    )
    figure.suptitle(title, x=0.014, y=1 - 0.2 / high, ha="left", va="top", fontsize=13, fontweight="bold")
    # The narrow column and row are room for the names of classes and joints.
    layout, shares = _main_layout(summary)
    below = 0.1 if any(shares.values()) else 0.01
    charts = grid[0].subgridspec(2, 3, height_ratios=[1, below], width_ratios=[0.42, 1.6, 1.35], wspace=0.25)
    _class_balance(figure.add_subplot(charts[0, 1]), summary, classes)
    right = charts[0, 2].subgridspec(2, 1, hspace=0.6)
    _lengths(figure.add_subplot(right[0]), summary)
    _missing_joints(figure.add_subplot(right[1]), layout, shares)
    if sheet is not None:
        axes = figure.add_subplot(grid[1])
        axes.imshow(sheet, interpolation="antialiased", aspect="auto")
        axes.axis("off")
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3].copy()


def _skeletons(summary: DataSummary) -> Image | None:
    """A tile for each class, in alphabetical order."""
    shown = sorted(summary.examples.items())[:_MOST_CLASSES]
    if not shown:
        return None
    people = max(clip.sequence.num_persons for _, clip in shown)
    tiles = [skeleton_tile(clip, label, num_poses=5 if people == 1 else 3) for label, clip in shown]
    return contact_sheet(tiles, columns=4, width_px=1980)


def _class_balance(axes: "Axes", summary: DataSummary, classes: list[tuple[str, int]]) -> None:
    from matplotlib.ticker import MaxNLocator

    names, counts = [name for name, _ in classes], [count for _, count in classes]
    bars = axes.barh(range(len(names)), counts, color=_BAR, height=0.72)
    axes.bar_label(bars, padding=3, fontsize=8)
    axes.set_yticks(range(len(names)), names, fontsize=8.5)
    axes.invert_yaxis()
    axes.margins(x=0.1, y=0.01)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    hidden = len(summary.clips) - len(classes)
    more = f", the {len(classes)} largest of {len(summary.clips)} classes" if hidden else ""
    axes.set_title(f"{summary.num_clips} clips by class{more}", loc="left", fontsize=10)
    _bare(axes)


def _lengths(axes: "Axes", summary: DataSummary) -> None:
    from matplotlib.ticker import MaxNLocator

    seconds = np.array(summary.durations_s or [0.0])
    high, longest = float(np.percentile(seconds, 99.5)), float(seconds.max())
    is_cut = longest > 1.5 * high  # a few long clips must not push the others into one bar
    axes.hist(seconds.clip(max=high) if is_cut else seconds, bins=40, color=_BAR)
    axes.set_xlabel(
        f"seconds (the longest, up to {longest:.0f} s, are in the last bar)" if is_cut else "seconds"
    )
    axes.yaxis.set_major_locator(MaxNLocator(integer=True, nbins=5))
    axes.set_title("clips by length", loc="left", fontsize=10)
    _bare(axes)


def _main_layout(summary: DataSummary) -> tuple[str, dict[str, float]]:
    """The layout of most clips, and the share of frames in which each of its joints is missing."""
    layout = summary.layouts.most_common(1)[0][0] if summary.layouts else ""
    return layout, dict(list(summary.missing_joints().get(layout, {}).items())[:_MOST_JOINTS])


def _missing_joints(axes: "Axes", layout: str, shares: dict[str, float]) -> None:
    values = [100 * share for share in shares.values()]
    axes.set_title(f"joints of {layout} missing while in view, % of frames", loc="left", fontsize=10)
    _bare(axes)
    if not any(values):
        axes.set_axis_off()
        axes.text(0.0, 0.85, "none is ever missing", fontsize=9, color="#707680", transform=axes.transAxes)
        return
    axes.bar(range(len(shares)), values, color=[_BAR if v else _PALE for v in values], width=0.72)
    axes.set_xticks(range(len(shares)), list(shares), rotation=90, fontsize=7.5)
    axes.set_ylim(0, max(5.0, 1.15 * max(values)))


def _bare(axes: Any) -> None:
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    axes.tick_params(labelsize=8)
