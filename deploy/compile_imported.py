"""Compile the modules that importing some others brings in, and no more: `compile_imported.py matplotlib.figure`.

The image has no compiled modules otherwise, for they would be a third of its size. These are never checked against
their source, as neither changes in an image.
"""  # noqa: INP001 - run by its path, never imported

import sys
from importlib import import_module
from pathlib import Path
from py_compile import PycInvalidationMode
from py_compile import compile as compile_module


def main() -> None:
    """Compile what the modules named as arguments import from this environment."""
    for name in sys.argv[1:]:
        import_module(name)
    files = [getattr(module, "__file__", None) for module in tuple(sys.modules.values())]
    for file in filter(None, files):
        if file.endswith(".py") and Path(file).is_relative_to(sys.prefix):
            compile_module(file, doraise=True, invalidation_mode=PycInvalidationMode.UNCHECKED_HASH)


if __name__ == "__main__":
    main()
