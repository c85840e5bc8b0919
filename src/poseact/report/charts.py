"""The smaller pictures of a report as SVG: intervals, bars, the reliability diagram, training curves."""

import math
from collections.abc import Iterator, Sequence

from poseact.judging.intervals import Figure
from poseact.judging.metrics import Calibration
from poseact.report.history import TrainingHistory
from poseact.report.markup import Markup, element, joined, percent, short


def interval_bar(figure: Figure) -> Markup:
    """A figure and its interval on a line from 0 to 100 %."""
    low, high = (figure.value if end is None else end for end in (figure.low, figure.high))
    return element(
        "svg",
        element("line", x1=0, x2=100, y1=6, y2=6, class_="track"),
        element("line", x1=0, x2=100 * figure.value, y1=6, y2=6, class_="value"),
        element("rect", x=100 * low, y=3, width=max(100 * (high - low), 0.4), height=6, class_="band"),
        element("rect", x=min(100 * figure.value, 99.4), y=0.5, width=0.6, height=11, class_="point"),
        viewBox="0 0 100 12",
        preserveAspectRatio="none",
        class_="interval",
        aria_hidden="true",
    )


def share_bar(share: float | None) -> Markup:
    """A share as a bar; the number stands beside it."""
    return element(
        "svg",
        element("rect", x=0, y=0, width=100, height=10, class_="track"),
        element("rect", x=0, y=0, width=100 * (share or 0.0), height=10, class_="value"),
        viewBox="0 0 100 10",
        preserveAspectRatio="none",
        class_="bar",
        aria_hidden="true",
    )


_SIDE, _LEFT, _TOP, _UNDER = 300.0, 46.0, 12.0, 92.0
_COUNTS = 42.0


def reliability_diagram(calibration: Calibration) -> Markup:
    """Accuracy against confidence (Guo et al., 2017); under it, how many clips lie in each bin."""
    most = max(b.count for b in calibration.bins)
    parts = [*_reliability_axes()]
    for b in calibration.bins:
        if b.confidence is None or b.accuracy is None:
            continue
        x, width = _LEFT + _SIDE * b.low + 1, _SIDE * (b.high - b.low) - 2
        y_hit, y_sure = (_TOP + _SIDE * (1 - v) for v in (b.accuracy, b.confidence))
        lower, kind = max(y_hit, y_sure), "gap" if y_sure < y_hit else "spare"
        told = f"{b.count} clips, confidence {percent(b.confidence, 0)}, right in {percent(b.accuracy, 0)}"
        parts.append(
            element(
                "g",
                element("title", told),
                element("rect", x=x, y=lower, width=width, height=_TOP + _SIDE - lower, class_="value"),
                element(
                    "rect", x=x, y=min(y_hit, y_sure), width=width, height=abs(y_sure - y_hit), class_=kind
                ),
                element(
                    "rect",
                    x=x,
                    y=_TOP + _SIDE + _UNDER - _COUNTS * b.count / most,
                    width=width,
                    height=_COUNTS * b.count / most,
                    class_="count",
                ),
            )
        )
    parts.append(
        element("line", x1=_LEFT, y1=_TOP + _SIDE, x2=_LEFT + _SIDE, y2=_TOP, class_="ideal"),
    )
    spoken = (
        f"Reliability diagram: expected calibration error {percent(calibration.ece)}; "
        "the table beside it has the numbers"
    )
    return element(
        "svg",
        *parts,
        viewBox=f"0 0 {_LEFT + _SIDE + 14:g} {_TOP + _SIDE + _UNDER + 6:g}",
        class_="chart reliability",
        role="img",
        aria_label=spoken,
    )


def _reliability_axes() -> Iterator[Markup]:
    for step in range(0, 101, 25):
        x, y = _LEFT + _SIDE * step / 100, _TOP + _SIDE * (1 - step / 100)
        yield element("line", x1=_LEFT, x2=_LEFT + _SIDE, y1=y, y2=y, class_="grid")
        yield _label(_LEFT - 7, y, str(step), anchor="end")
        yield _label(x, _TOP + _SIDE + 14, str(step))
    yield _label(_LEFT + _SIDE / 2, _TOP + _SIDE + 32, "confidence of the answer, %", class_="axis")
    base = _TOP + _SIDE + _UNDER
    yield element("line", x1=_LEFT, x2=_LEFT + _SIDE, y1=base, y2=base, class_="grid")
    yield _label(_LEFT - 7, base - _COUNTS / 2, "clips", anchor="end")
    yield element(
        "text",
        "answered rightly, %",
        transform=f"translate(12,{_TOP + _SIDE / 2:g}) rotate(-90)",
        text_anchor="middle",
        class_="axis",
    )


def _label(x: float, y: float, text: str, *, anchor: str = "middle", class_: str = "tick") -> Markup:
    return element("text", text, x=x, y=y, text_anchor=anchor, dominant_baseline="central", class_=class_)


_WIDTH, _HEIGHT, _CURVE_LEFT, _CURVE_BASE = 440.0, 230.0, 50.0, 40.0


def training_curves(history: TrainingHistory) -> Markup:
    """Loss and accuracy against the epoch, one picture each; what was not measured is left out."""
    pictures = []
    for what, scale, unit in (("loss", 1.0, ""), ("accuracy", 100.0, ", %")):
        curves = {
            kind: [scale * v for v in history.curves[f"{kind}_{what}"]]
            for kind in ("train", "val")
            if f"{kind}_{what}" in history.curves
        }
        if curves:
            pictures.append(_curve_picture(what, f"{what}{unit}", history.epochs, curves))
    return joined(*pictures)


def _curve_picture(what: str, title: str, epochs: Sequence[int], curves: dict[str, list[float]]) -> Markup:
    known = [v for values in curves.values() for v in values if math.isfinite(v)]
    lowest = 0.0 if what == "loss" and min(known) >= 0 else min(known)
    ticks = nice_ticks(lowest, 100.0 if what == "accuracy" else max(known))
    low, high = min(ticks[0], lowest), max(ticks[-1], max(known))
    inner = _WIDTH - _CURVE_LEFT - 12, _HEIGHT - _CURVE_BASE - 26

    def x_of(epoch: float) -> float:
        return _CURVE_LEFT + inner[0] * (epoch - epochs[0]) / max(epochs[-1] - epochs[0], 1)

    def y_of(value: float) -> float:
        return 26 + inner[1] * (1 - (value - low) / ((high - low) or 1.0))

    parts: list[Markup] = []
    for tick in ticks:
        parts.append(
            element("line", x1=_CURVE_LEFT, x2=_WIDTH - 12, y1=y_of(tick), y2=y_of(tick), class_="grid")
        )
        parts.append(_label(_CURVE_LEFT - 7, y_of(tick), f"{tick:g}", anchor="end"))
    for epoch in nice_ticks(epochs[0], epochs[-1], whole=True):
        if epochs[0] <= epoch <= epochs[-1]:
            parts.append(_label(x_of(epoch), _HEIGHT - _CURVE_BASE + 16, f"{epoch:g}"))
    parts.append(_label(_CURVE_LEFT + inner[0] / 2, _HEIGHT - 6, "epoch", class_="axis"))
    parts.append(element("text", title, x=_CURVE_LEFT, y=14, class_="axis title"))
    for place, (kind, values) in enumerate(curves.items()):
        points = [(x_of(e), y_of(v)) for e, v in zip(epochs, values, strict=True) if math.isfinite(v)]
        parts.append(_line(points, kind))
        parts.append(_legend(_WIDTH - 12 - 92 * (len(curves) - place), kind))
    spoken = ", ".join(
        f"{_KINDS[k]} {[v for v in vs if math.isfinite(v)][-1]:.4g}" for k, vs in curves.items()
    )
    return element(
        "svg",
        *parts,
        viewBox=f"0 0 {_WIDTH:g} {_HEIGHT:g}",
        class_="chart",
        role="img",
        aria_label=f"Curve of {what} over {len(epochs)} epochs; at the end: {spoken}",
    )


_KINDS = {"train": "training", "val": "validation"}


def _line(points: list[tuple[float, float]], kind: str) -> Markup:
    if len(points) == 1:
        return element("circle", cx=points[0][0], cy=points[0][1], r=3, class_=f"{kind} dot")
    return element("polyline", points=" ".join(f"{short(x)},{short(y)}" for x, y in points), class_=kind)


def _legend(x: float, kind: str) -> Markup:
    return joined(
        element("line", x1=x, x2=x + 18, y1=10, y2=10, class_=kind),
        element("text", _KINDS[kind], x=x + 23, y=10, dominant_baseline="central", class_="tick"),
    )


def nice_ticks(low: float, high: float, *, whole: bool = False) -> list[float]:
    """About five round numbers from low or just under it to high or just over it."""
    span = max(high - low, 1e-9 * max(abs(high), 1.0))
    rough = span / 5
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * m for m in (1, 2, 5, 10) if power * m >= rough * 0.999)
    step = max(step, 1.0) if whole else step
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(i * step, 12) for i in range(first, max(last, first) + 1)]
