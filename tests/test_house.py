"""The rules of the house, held by machine: what every file, the lock and the built package must be like."""

import ast
import email
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path, PurePosixPath

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
PACKAGES = ("agent", "collectors", "config", "desk")
MIRRORED = ("agent", "collectors", "config")
LONGEST_FILE_LINES = 300
LONGEST_FUNCTION_LINES = 40
PROGRAMS = Path(sys.executable).parent

CHECKS = {
    "ruff check": [sys.executable, "-I", "-m", "ruff", "check", "."],
    "ruff format": [sys.executable, "-I", "-m", "ruff", "format", "--check", "."],
    "mypy of the packages": [sys.executable, "-I", "-m", "mypy"],
    "mypy of the packages on Windows": [sys.executable, "-I", "-m", "mypy", "--platform", "win32"],
    "mypy of what packages them": [sys.executable, "-I", "-m", "mypy", "--strict", "packaging/demo.py"],
    "mypy of Windows's recipe": [sys.executable, "-I", "-m", "mypy", "--strict", "tests/windows/python_on_wine.py"],
    "import-linter": [str(PROGRAMS / "lint-imports")],
}


def sources(*folders: str) -> Iterator[Path]:
    """Every Python file below these folders of the project."""
    for folder in folders:
        yield from sorted(path for path in (ROOT / folder).rglob("*.py") if "__pycache__" not in path.parts)


def shown(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("name", CHECKS)
def test_the_static_checks_pass(name: str) -> None:
    """Style, format, types and floors are as pyproject.toml asks."""
    done = subprocess.run(CHECKS[name], cwd=ROOT, capture_output=True, text=True, check=False, timeout=500)
    assert done.returncode == 0, f"{name}:\n{done.stdout}\n{done.stderr}"


def test_no_file_is_longer_than_one_can_read() -> None:
    long = {
        shown(path): lines
        for path in sources(*PACKAGES, "packaging", "tests")
        if (lines := len(path.read_text("utf-8").splitlines())) > LONGEST_FILE_LINES
    }
    assert not long, long


def test_no_function_is_longer_than_a_screen() -> None:
    long = {
        f"{shown(path)}:{node.name}": lines
        for path in sources(*PACKAGES, "packaging", "tests")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (lines := (node.end_lineno or 0) - node.lineno + 1) > LONGEST_FUNCTION_LINES
    }
    assert not long, long


def test_every_exception_from_a_check_says_which_and_why() -> None:
    """A ``noqa`` or a ``type: ignore`` names the rule and, on the same line, the reason."""
    exception = re.compile(r"#\s*(?:noqa|type:\s*ignore)\b")
    justified = re.compile(r"#\s*(?:noqa: ?[A-Z]+\d+(?:, ?[A-Z]+\d+)*|type: ignore\[[a-z, -]+\])\s*[-#:]\s*\w+")
    unjustified = [
        f"{shown(path)}:{number}"
        for path in sources(*PACKAGES, "packaging", "tests")
        if path != Path(__file__)
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if exception.search(line) and not justified.search(line)
    ]
    assert not unjustified, "\n".join(unjustified)


def test_every_module_has_a_test_of_its_own() -> None:
    """``agent/plan.py`` is tested in ``tests/agent/test_plan.py``, or in ``test_plan_*.py`` beside it.

    A module whose name begins with an underscore is a detail of those beside it, and tested through them.
    """
    missing = [
        shown(path)
        for path in sources(*MIRRORED)
        if not path.stem.startswith("_")
        and not list((ROOT / "tests" / path.relative_to(ROOT).parent).glob(f"test_{path.stem}.py"))
        and not list((ROOT / "tests" / path.relative_to(ROOT).parent).glob(f"test_{path.stem}_*.py"))
    ]
    assert not missing, "\n".join(missing)


def test_every_test_module_has_its_source() -> None:
    """A test whose module was renamed or removed is found here; ``test_init.py`` tests a package's own file."""
    orphans = []
    for path in sources(*(f"tests/{folder}" for folder in MIRRORED)):
        if path.name == "conftest.py":
            continue
        folder = ROOT / path.relative_to(ROOT / "tests").parent
        words = path.stem.removeprefix("test_").split("_")
        names = {"_".join(words[:count]) for count in range(1, len(words) + 1)}
        modules = {module.stem.strip("_") for module in folder.glob("*.py")}
        packages = {module.parent.name for module in folder.glob("*/__init__.py")}
        if not names & (modules | packages):
            orphans.append(shown(path))
    assert not orphans, "\n".join(orphans)


@pytest.mark.parametrize("folder", ["tests", "packaging", "docs"])
def test_folders_that_are_no_packages_stay_none(folder: str) -> None:
    """An ``__init__.py`` in ``packaging/`` would hide the library of that name; in ``tests/``, modules of ours."""
    assert [shown(path) for path in (ROOT / folder).rglob("__init__.py")] == []


def test_only_redaction_makes_what_the_archive_takes() -> None:
    """No path leads from raw bytes into a bundle: ``Redacted`` is constructed in ``agent/redact`` and nowhere else."""
    makers = {
        shown(path)
        for path in sources(*PACKAGES)
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and "Redacted" in (getattr(node.func, "id", ""), getattr(node.func, "attr", ""))
    }
    assert all(maker.startswith("agent/redact/") for maker in makers), makers


def test_the_desks_migrations_build_on_what_the_lock_installs() -> None:
    """A migration that was once made inside an installed package is on that one machine, and nowhere else."""
    shipped = {file.name for file in metadata.files("django-helpdesk") or [] if file.parent.name == "migrations"}
    for path in (ROOT / "desk/migrations").glob("0*.py"):
        for name in re.findall(r"\(.helpdesk., .(\w+).\)", path.read_text("utf-8")):
            assert f"{name}.py" in shipped, f"{shown(path)}: {name}"


def test_the_system_tests_stand_outside() -> None:
    """Tests in ``tests/system`` start the program as a user does and import nothing of it."""
    insiders = [
        shown(path)
        for path in sources("tests/system")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        for name in imported(node)
        if name.split(".")[0] in PACKAGES
    ]
    assert not insiders, "\n".join(insiders)


def imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [node.module or ""] if isinstance(node, ast.ImportFrom) else []


@pytest.fixture(scope="module")
def project() -> dict[str, object]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


@pytest.fixture(scope="module")
def locked() -> dict[str, str]:
    """Name and version of everything in the lock file."""
    text = (ROOT / "requirements.lock").read_text("utf-8")
    return {canonicalize_name(name): version for name, version in re.findall(r"(?m)^([\w.-]+)==([\w.!+]+)", text)}


def test_every_dependency_is_locked_at_a_version_that_is_allowed(project, locked) -> None:
    declared = [
        *project["project"]["dependencies"],
        *(text for extra in project["project"]["optional-dependencies"].values() for text in extra),
        *project["dependency-groups"]["build"],
        *project["build-system"]["requires"],
    ]
    for requirement in map(Requirement, declared):
        version = locked.get(canonicalize_name(requirement.name))
        assert version, f"{requirement.name} is not in requirements.lock: make lock"
        assert requirement.specifier.contains(version, prereleases=True), f"{requirement}: locked at {version}"


def test_every_locked_version_has_hashes_and_no_address() -> None:
    """What is installed is told by its hash alone: where it is fetched from is the installing machine's business."""
    text = (ROOT / "requirements.lock").read_text("utf-8")
    assert "://" not in text
    for entry in re.split(r"(?m)^(?=[\w.-]+==)", text)[1:]:
        assert "--hash=sha256:" in entry, entry.splitlines()[0]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package as it would be installed, built from this tree."""
    folder = tmp_path_factory.mktemp("wheel")
    build = ["-m", "pip", "wheel", "--quiet", "--disable-pip-version-check", "--no-deps", "--no-build-isolation"]
    subprocess.run([sys.executable, "-I", *build, "--wheel-dir", str(folder), str(ROOT)], check=True, timeout=120)
    return next(folder.glob("sendlogs-*.whl"))


def test_the_wheel_holds_all_data_and_nothing_else(wheel: Path) -> None:
    """Rules, profiles, schemas, templates and pages ship with the code; tests and packaging do not."""
    with zipfile.ZipFile(wheel) as opened:
        names = {name for name in opened.namelist() if ".dist-info/" not in name}
    kinds = {".py", ".yaml", ".json", ".html", ".css", ".js", ".svg", ".txt", ".typed"}
    here = {
        shown(path)
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.suffix in kinds and "__pycache__" not in path.parts
    }
    assert names == here
    assert {PurePosixPath(name).parts[0] for name in names} == set(PACKAGES)


def test_the_wheel_cannot_be_published_by_mistake(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as opened:
        metadata = next(name for name in opened.namelist() if name.endswith(".dist-info/METADATA"))
        told = email.message_from_bytes(opened.read(metadata))
    assert told.get_all("Classifier") == ["Private :: Do Not Upload"]


def test_the_installed_wheel_runs_and_finds_its_data(wheel: Path, tmp_path: Path) -> None:
    """What was built is run, not only what was written: the command lists the profiles that it ships."""
    install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--target"]
    subprocess.run([sys.executable, "-I", *install, str(tmp_path / "site"), str(wheel)], check=True, timeout=120)
    environment = dict(os.environ) | {
        "PYTHONPATH": str(tmp_path / "site"),
        "SENDLOGS_STATE_FOLDER": str(tmp_path / "state"),
        "SENDLOGS_CONFIG_FOLDER": str(tmp_path / "config"),
        "SENDLOGS_SYSTEM_FOLDER": str(tmp_path / "system"),
    }
    script = "import agent, runpy; print(agent.__file__); runpy.run_module('agent', run_name='__main__')"
    done = subprocess.run(
        [sys.executable, "-c", script, "profiles"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(str(tmp_path / "site"))
    for profile in (ROOT / "config/profiles").glob("*.yaml"):
        assert profile.stem in done.stdout


@pytest.mark.parametrize("script", sorted(set(re.findall(r"tests/bench/\w+\.py", (ROOT / "Makefile").read_text()))))
def test_a_benchmark_that_make_runs_still_starts(script: str) -> None:
    """They run for minutes and seldom, so nobody would see for weeks that one cannot even be imported."""
    asked = [sys.executable, "-I", script, "--help"]
    done = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
