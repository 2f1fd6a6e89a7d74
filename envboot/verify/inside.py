"""What runs inside a new environment: it imports modules in turn and tells each outcome.

The text of this module is handed to the environment's own interpreter (``python -I -c``), so it
imports nothing of envboot and is written for every Python from 3.6 on. Each outcome is a line of
JSON behind a mark that nobody can know: what the modules print themselves cannot be mistaken.
"""

import contextlib
import faulthandler
import importlib
import json
import os
import platform
import signal
import sys

KEPT = 700  # characters of an error; a line stays below what a pipe passes on in one piece


class Teller:
    """Writes to the standard output that there was before any module could replace it."""

    def __init__(self, mark: str) -> None:
        """Keep a copy of the file descriptor."""
        self.mark = mark
        self.handle = os.dup(1)

    def tell(self, **what: object) -> None:
        """Write one line, in one piece; no quote is left that masking a secret could break."""
        text = json.dumps(what).replace('\\"', "\\u0022")
        os.write(self.handle, ("\n" + self.mark + text + "\n").encode())


def describe(error: BaseException) -> "dict[str, object]":
    """Return what an error says, its cause rather than its wrapping where there is one."""
    seen = 0
    while not isinstance(error, ModuleNotFoundError) and not getattr(error, "path", None):
        inner = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        seen += 1
        if inner is None or seen > 10 or not isinstance(inner, (ImportError, OSError)):  # noqa: PLR2004
            break
        error = inner
    try:
        text = str(error)
    except Exception:  # noqa: BLE001 - an error of a stranger's class may not even have a text
        text = ""
    if len(text) > KEPT:
        text = text[: KEPT // 2] + " ... " + text[-KEPT // 2 :]
    return {
        "type": type(error).__name__,
        "text": text,
        "name": str(getattr(error, "name", "") or ""),
        "path": str(getattr(error, "path", "") or "")[:1000],
        "code": str(getattr(error, "code", "")) if isinstance(error, SystemExit) else "",
    }


def watch(seconds: float) -> None:
    """End the process after ``seconds``, also when native code never gives control back."""
    faulthandler.dump_traceback_later(seconds, exit=True, file=2)
    if hasattr(signal, "alarm"):  # should a module have taken the first watch away
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(int(seconds) + 5)


def markers() -> "dict[str, str]":
    """Return the environment markers of PEP 508 for this interpreter."""
    version = sys.implementation.version
    full = "{}.{}.{}".format(*version[:3])
    return {
        "implementation_name": sys.implementation.name,
        "implementation_version": full,
        "os_name": os.name,
        "platform_machine": platform.machine(),
        "platform_release": platform.release(),
        "platform_system": platform.system(),
        "platform_version": platform.version()[:200],
        "python_full_version": platform.python_version(),
        "platform_python_implementation": platform.python_implementation(),
        "python_version": ".".join(platform.python_version_tuple()[:2]),
        "sys_platform": sys.platform,
    }


def torch() -> "tuple[bool, str]":
    """Ask PyTorch; an Apple GPU counts."""
    module = importlib.import_module("torch")
    cuda = bool(module.cuda.is_available())
    backends = getattr(module, "backends", None)
    mps = getattr(backends, "mps", None)
    apple = bool(mps is not None and mps.is_available())
    built = getattr(module.version, "cuda", None) or getattr(module.version, "hip", None)
    target = f"CUDA {built}" if built else "the CPU alone"
    says = f"torch.cuda.is_available() is {cuda}; torch {module.__version__} is built for {target}"
    return cuda or apple, says


def tensorflow() -> "tuple[bool, str]":
    """Ask TensorFlow."""
    module = importlib.import_module("tensorflow")
    found = module.config.list_physical_devices("GPU")
    return bool(found), f"tensorflow {module.__version__} sees {len(found)} GPUs"


def jax() -> "tuple[bool, str]":
    """Ask JAX."""
    module = importlib.import_module("jax")
    kinds = sorted({d.platform for d in module.devices()})
    return kinds != ["cpu"], f"jax {module.__version__} sees {', '.join(kinds)}"


def cupy() -> "tuple[bool, str]":
    """Ask CuPy."""
    module = importlib.import_module("cupy")
    count = module.cuda.runtime.getDeviceCount()
    return count > 0, f"cupy {module.__version__} sees {count} GPUs"


PROBES = {"torch": torch, "tensorflow": tensorflow, "jax": jax, "cupy": cupy}


def main(mark: str, seconds: float, gpu: bool, modules: "list[str]") -> None:
    """Import ``modules`` in turn; with ``gpu`` ask those that compute whether they see one."""
    teller = Teller(mark)
    sys.argv = [""]
    teller.tell(python=platform.python_version(), markers=markers())
    for name in modules:
        teller.tell(start=name)
        watch(seconds)
        try:
            importlib.import_module(name)
        except BaseException as error:  # noqa: BLE001 - sys.exit at import is what we look for
            teller.tell(module=name, error=describe(error))
        else:
            teller.tell(module=name)
    for name in [m for m in modules if gpu and m in PROBES and m in sys.modules]:
        teller.tell(start=name)
        watch(seconds)
        try:
            works, says = PROBES[name]()
        except BaseException as error:  # noqa: BLE001 - drivers fail in every way there is
            works, says = False, str(describe(error)["text"])
        teller.tell(gpu=name, works=works, says=says)
    teller.tell(done=True)
    with contextlib.suppress(Exception):
        sys.stdout.flush()
    os._exit(0)  # threads and exit handlers of the modules are not waited for


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]), sys.argv[3] == "gpu", json.loads(sys.argv[4]))
