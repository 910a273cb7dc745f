"""What hatchling asks while it builds the wheel: with compiled modules in it, it is one for this Python and machine."""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class WheelHook(BuildHookInterface[Any]):
    """Of a compiled copy (`deploy.compiling`); it changes nothing in the wheel of the source."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called before the files are collected; `build_data` is hatchling's."""
        del version
        shared = [path.name for path in Path(self.root).glob("*.so")]  # what all compiled modules are made of
        if shared:
            build_data["pure_python"] = False
            build_data["infer_tag"] = True
            build_data["force_include"].update({name: name for name in shared})
