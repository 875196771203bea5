"""Markdown tables of numbers with intervals, from the rows of report.json of hrm select."""


def cell(rows, wanted, value):
    """The value of the first row that has it and these texts; without a model nothing differs between seeds, and the interval
    is left out."""
    found = [row[value] for row in rows if value in row and all(str(row.get(key) or "") == text for key, text in wanted.items())]
    if not found or not found[0] or found[0].get("value") is None:
        return "–"
    text = f"{found[0]['value']:.3f}"
    low, high = (found[0].get(end, found[0]["value"]) for end in ("low", "high"))
    return text if high - low < 1e-9 else f"{text} ({low:.3f} to {high:.3f})"


def table(heading, columns, rows):
    """Lines; each row begins with its name."""
    return ["", f"## {heading}\n", "| | " + " | ".join(columns) + " |", "|---|" + "---:|" * len(columns),
            *("| " + " | ".join(str(text) for text in row) + " |" for row in rows)]
