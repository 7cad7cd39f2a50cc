"""Where config and cache are looked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from fmac_ros import paths


def test_config_dir_finds_the_source_tree(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FMAC_CONFIG_DIR", raising=False)
    assert (paths.config_dir() / "robots" / "panda.yaml").is_file()


def test_environment_comes_first(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "robots").mkdir()
    monkeypatch.setenv("FMAC_CONFIG_DIR", str(tmp_path))
    assert paths.config_dir() == tmp_path


def test_wrong_environment_is_an_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("FMAC_CONFIG_DIR", str(tmp_path))
    with pytest.raises(FileNotFoundError, match="FMAC_CONFIG_DIR"):
        paths.config_dir()


def test_ament_prefix_is_used_without_a_source_tree(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    config = tmp_path / "prefix" / "share" / "fmac_ros" / "config"
    (config / "robots").mkdir(parents=True)
    monkeypatch.delenv("FMAC_CONFIG_DIR", raising=False)
    monkeypatch.setenv("AMENT_PREFIX_PATH", f"/nowhere:{tmp_path / 'prefix'}")
    monkeypatch.setattr(paths, "package_dir", lambda: tmp_path / "site" / "fmac_ros")
    assert paths.config_dir() == config


def test_cache_dir_is_made(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("FMAC_CACHE_DIR", str(tmp_path / "a" / "b"))
    assert paths.cache_dir().is_dir()
