"""Nothing here runs what a file or the network says: no pickle, no eval, no unsafe YAML."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from fmac_ros.paths import package_dir

ROOT = package_dir().parent
SOURCES = sorted(f for d in ("fmac_ros", "launch", "tools") for f in (ROOT / d).rglob("*.py"))
MODULES = {
    *("pickle", "cPickle", "_pickle", "dill", "cloudpickle", "joblib", "shelve", "marshal"),
    *("jsonpickle", "pandas"),
}
CALLS = {
    *("eval", "exec", "compile", "__import__", "os.system", "os.popen"),
    *("torch.load", "torch.jit.load", "torch.package.PackageImporter", "torch.hub.load"),
    *("yaml.load", "yaml.load_all", "yaml.unsafe_load", "yaml.full_load", "yaml.unsafe_load_all"),
    *("np.load", "numpy.load", "runpy.run_path", "runpy.run_module"),
}
SWITCHES = {"shell", "trust_remote_code", "allow_pickle"}


def called(node: ast.expr) -> str:
    """``yaml.load`` of the expression that is called, empty for anything computed."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        before = called(node.value)
        return f"{before}.{node.attr}" if before else ""
    return ""


def dangers(text: str) -> list[str]:
    """What in a source could run code that comes with data."""
    found = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            found += [a.name for a in node.names if a.name.split(".")[0] in MODULES]
        elif isinstance(node, ast.ImportFrom):
            found += [node.module] if (node.module or "").split(".")[0] in MODULES else []
            whole = [f"{node.module}.{alias.name}" for alias in node.names]
            found += [name for name in whole if name in CALLS]
        elif isinstance(node, ast.Call):
            found += [called(node.func)] if called(node.func) in CALLS else []
            for keyword in node.keywords:
                off = isinstance(keyword.value, ast.Constant) and keyword.value.value is False
                found += [str(keyword.arg)] if keyword.arg in SWITCHES and not off else []
    return found


def test_sources_are_found() -> None:
    assert len(SOURCES) > 200


@pytest.mark.parametrize("file", SOURCES, ids=lambda file: str(file.relative_to(ROOT)))
def test_no_source_runs_code_that_comes_with_data(file: Path) -> None:
    assert dangers(file.read_text()) == []


@pytest.mark.parametrize(
    "text",
    [
        *("import pickle", "from pickle import loads", "import torch; torch.load(f)"),
        *("import yaml; yaml.load(f)", "yaml.unsafe_load(f)", "from yaml import unsafe_load"),
        *("eval('1')", "exec(text)", "subprocess.run(x, shell=True)", "np.load(f)"),
        *("Model.from_pretrained(n, trust_remote_code=True)", "load(f, allow_pickle=yes)"),
    ],
)
def test_the_scan_sees_what_it_must(text: str) -> None:
    assert dangers(text)


def test_the_scan_lets_the_safe_ways_pass() -> None:
    text = "import yaml; yaml.safe_load(f); subprocess.run(x, shell=False); model.eval(); m.load(f)"
    assert dangers(text) == []
