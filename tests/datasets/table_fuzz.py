"""A hypothesis strategy for readers of tables: true tables with cells, rows and columns spoilt."""

from hypothesis import strategies as st

_JUNK = st.sampled_from(
    [
        "",
        "x",
        "nan",
        "-1",
        "1e13",
        "9" * 30,
        "0",
        '"',
        "a,b",
        "\n",
        ";",
        "é",
        "\x00",
        "label",
        "0.5",
        "inf",
        "1_0",
    ]
)


@st.composite
def spoiled_table(draw: st.DrawFn, text: str) -> bytes:
    """A true table with one to four cells, columns or rows replaced, removed, added or doubled."""
    rows = [row.split(",") for row in text.split("\n")]
    for _ in range(draw(st.integers(1, 4))):
        if not rows:
            break
        i = draw(st.integers(0, len(rows) - 1))
        j = draw(st.integers(0, len(rows[i])))
        kind = draw(st.sampled_from(["cell", "cell", "column", "lost", "more", "row lost", "row twice"]))
        if kind == "row lost":
            del rows[i]
        elif kind == "row twice":
            rows.insert(draw(st.integers(0, len(rows))), list(rows[i]))
        elif kind == "more":
            rows[i].insert(j, draw(_JUNK))
        elif kind == "lost":
            del rows[i][j : j + 1]
        else:
            for row in rows if kind == "column" else [rows[i]]:
                row[j : j + 1] = [draw(_JUNK)]
    return "\n".join(",".join(row) for row in rows).encode()
