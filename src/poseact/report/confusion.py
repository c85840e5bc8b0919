"""The confusion matrix as a picture: rows are true classes, columns answers."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from poseact.judging.judgement import Judgement
from poseact.judging.words import cut
from poseact.report.markup import Markup, element, joined, short
from poseact.results import shown_label

# Size of a cell for up to so many classes.
_CELLS = ((8, 46), (12, 40), (20, 32), (30, 25), (45, 19), (10**9, 15))
_LONGEST_NAME = 30
# Width of a letter against its height, for a sans-serif.
_LETTER = 0.56
# Beyond so many classes the counts of right, and of wrong, answers are left to the pointer.
_MOST_WITH_RIGHT, _MOST_WITH_WRONG = 45, 80
# So many depths of colour; on the deepest the counts are light.
_STEPS, _LIGHT_FROM = 25, 0.72


@dataclass(frozen=True)
class MatrixGrid:
    """Which classes the picture shows, and how large.

    Attributes:
        rows: Indices of the classes that have clips.
        columns: The same, then those that have none and were answered all the same.
        names: Of all classes, as they are written.
        cell: Side of a square, pixels.
        font: Size of the names.
        room: Left of the rows, and above the columns, for the names.
    """

    rows: tuple[int, ...]
    columns: tuple[int, ...]
    names: tuple[str, ...]
    cell: int
    font: float
    room: float

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the squares together."""
        return len(self.columns) * self.cell, len(self.rows) * self.cell


def matrix_grid(judgement: Judgement) -> MatrixGrid:
    """The classes with clips in their order, and as columns those that were merely answered."""
    classes = judgement.classes
    rows = tuple(i for i, figures in enumerate(classes) if figures.support)
    extra = tuple(i for i, figures in enumerate(classes) if figures.predicted and not figures.support)
    names = tuple(cut(shown_label(name), _LONGEST_NAME) for name in judgement.class_names)
    columns = rows + extra
    cell = next(size for most, size in _CELLS if len(columns) <= most)
    font = min(12.5, 0.62 * cell)
    longest = max(len(names[i]) for i in columns)
    return MatrixGrid(rows, columns, names, cell, font, longest * font * _LETTER + 12)


def confusion_picture(judgement: Judgement) -> Markup:
    """Two pictures side by side, so that the names stay in sight while the matrix is scrolled."""
    grid = matrix_grid(judgement)
    width, height = grid.size
    cursor = element("rect", x=0, y=grid.room, width=grid.cell, height=grid.cell, class_="cursor")
    left = element(
        "svg",
        *_row_names(grid),
        **_extent(grid.room, grid.room + height + 1),
        font_size=grid.font,
        class_="row-names",
        aria_hidden="true",
    )
    right = element(
        "svg",
        *_column_names(grid),
        _lines(grid),
        *_cells(judgement, grid),
        cursor,
        **_extent(width + 2, grid.room + height + 1),
        font_size=grid.font,
        class_="matrix",
        role="img",
        aria_label=f"Confusion matrix, {len(grid.rows)} true classes by {len(grid.columns)} answers; arrow "
        "keys move through its cells, and the list under it says the same in words",
        data_cell=grid.cell,
        data_top=f"{grid.room:.2f}",
    )
    return joined(left, right)


def _extent(width: float, height: float) -> dict[str, str]:
    """Size of a picture that the style sheet may make smaller."""
    return {
        "viewBox": f"0 0 {width:.0f} {height:.0f}",
        "style": f"--w: {width:.0f}; --h: {height:.0f}",
    }


def _row_names(grid: MatrixGrid) -> Iterator[Markup]:
    for place, i in enumerate(grid.rows):
        y = grid.room + (place + 0.5) * grid.cell
        yield element("text", grid.names[i], x=grid.room - 8, y=y, class_="row", data_i=place)


def _column_names(grid: MatrixGrid) -> Iterator[Markup]:
    for place, i in enumerate(grid.columns):
        at = f"translate({(place + 0.5) * grid.cell:g},{grid.room - 8:.1f}) rotate(-90)"
        yield element("text", grid.names[i], transform=at, class_="column", data_i=place)


def _lines(grid: MatrixGrid) -> Markup:
    """Faint lines, to find the name of a cell by, and the frame."""
    width, height = grid.size
    top = short(grid.room + 0.5)
    across = (f"M0.5 {short(grid.room + 0.5 + i * grid.cell)}h{width}" for i in range(1, len(grid.rows)))
    down = (f"M{i * grid.cell + 0.5} {top}v{height}" for i in range(1, len(grid.columns)))
    frame = element("rect", x=0.5, y=grid.room + 0.5, width=width, height=height, class_="frame")
    return joined(element("path", d="".join((*across, *down)) or None, class_="lines"), frame)


def _cells(judgement: Judgement, grid: MatrixGrid) -> Iterator[Markup]:
    """A square for each count, darker the larger its share of the row; nothing where nothing is."""
    cell = grid.cell
    squares: defaultdict[tuple[str, int], list[str]] = defaultdict(list)
    texts: list[Markup] = []
    for row, i in enumerate(grid.rows):
        support = sum(judgement.confusion[i])
        for column, j in enumerate(grid.columns):
            count = judgement.confusion[i][j]
            if not count:
                continue
            # A root, so that a single wrong answer of thirty can still be seen.
            strength = (count / support) ** (1.0 if i == j else 0.6)
            x, y = column * cell + 0.5, grid.room + row * cell + 0.5
            square = f"M{short(x)} {short(y)}h{cell}v{cell}h-{cell}z"
            squares["hit" if i == j else "miss", round(_STEPS * strength)].append(square)
            if len(grid.columns) <= (_MOST_WITH_RIGHT if i == j else _MOST_WITH_WRONG):
                texts.append(_count(count, x + cell / 2, y + cell / 2, grid, light=strength > _LIGHT_FROM))
    for (kind, step), paths in squares.items():
        opacity = f"{0.08 + 0.92 * step / _STEPS:.3f}"
        yield element("path", d="".join(paths), class_=kind, fill_opacity=opacity)
    yield from texts


def _count(count: int, x: float, y: float, grid: MatrixGrid, *, light: bool) -> Markup:
    font = min(grid.font, 1.5 * grid.cell / max(len(str(count)), 2))
    return element(
        "text",
        count,
        x=x,
        y=y,
        font_size=font if font < grid.font else None,
        class_="count on" if light else "count",
    )
