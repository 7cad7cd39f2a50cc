"""Parquet tables through pyarrow, which only this kind of data set needs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any


def read_table(path: Path, columns: Sequence[str]) -> dict[str, list[Any]]:
    """Return columns as lists of Python values.

    Raises:
        FileNotFoundError: the file is missing.
        ValueError: it is no Parquet file, a column is missing, or pyarrow is not installed.
    """
    parquet, error_type = _pyarrow()
    if not path.is_file():
        raise FileNotFoundError(f"no file {path}")
    try:
        with parquet.ParquetFile(path) as file:
            missing = [name for name in columns if name not in file.schema_arrow.names]
            if missing:
                has = ", ".join(file.schema_arrow.names)
                raise ValueError(f"{path} has no column {missing[0]!r}, it has: {has}")
            content: dict[str, list[Any]] = file.read(columns=list(columns)).to_pydict()
    except (error_type, OSError) as error:
        raise ValueError(f"{path} is no Parquet file or damaged: {error}") from error
    return content


def read_column(path: Path, name: str, start: int, count: int) -> list[Any]:
    """Return rows ``start`` to ``start + count`` of a column without reading the others."""
    parquet, error_type = _pyarrow()
    values: list[Any] = []
    try:
        with parquet.ParquetFile(path) as file:
            for batch in file.iter_batches(batch_size=256, columns=[name]):
                skipped = min(start, batch.num_rows)
                start -= skipped
                values += batch.column(0).slice(skipped, count - len(values)).to_pylist()
                if len(values) == count:
                    return values
    except (error_type, OSError) as error:
        raise ValueError(f"{path} is no Parquet file or damaged: {error}") from error
    raise ValueError(f"{path} ends {count - len(values)} rows early")


def column_names(path: Path) -> list[str]:
    """Names of a file's columns, raising like ``read_table``."""
    parquet, error_type = _pyarrow()
    if not path.is_file():
        raise FileNotFoundError(f"no file {path}")
    try:
        names: list[str] = parquet.read_schema(path).names
    except (error_type, OSError) as error:
        raise ValueError(f"{path} is no Parquet file or damaged: {error}") from error
    return names


def _pyarrow() -> tuple[Any, type[Exception]]:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        raise ValueError(
            "a LeRobotDataset needs pyarrow: pip install pyarrow av (the extra 'lerobot')"
        ) from error
    return pyarrow.parquet, pyarrow.ArrowException
