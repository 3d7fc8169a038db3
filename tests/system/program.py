"""How the tests start the installed program: by its name, as a person does.

Python for Windows on Wine has no script of that name: there it is started as a module.
"""

import shutil
import sys
from pathlib import Path

_SCRIPT = shutil.which("sendlogs", path=str(Path(sys.executable).parent))
PROGRAM = [_SCRIPT] if _SCRIPT else [sys.executable, "-m", "agent"]
