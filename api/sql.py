"""Fixed queries by name: `queries/<name>.sql`, each with its name and a line of description on top."""

from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent / "queries"


@cache
def query(name: str) -> str:
    """The text of a query; `KeyError` if there is none of this name."""
    file = FOLDER / f"{name}.sql"
    if not file.is_file():
        raise KeyError(name)
    return file.read_text(encoding="utf-8")
