"""Stand-ins for the two doors, public: tests of plug-ins use them too.

:class:`ScriptedShell` plays a recorded computer, :class:`ScriptedConsole` a person;
:func:`check_target`, :func:`check_reader` and :func:`check_cloud` say whether a module can be a
member of a family. Nothing in the product imports this package.
"""

from envboot.testing.checks import check_cloud, check_reader, check_target
from envboot.testing.computer import ScriptedShell
from envboot.testing.person import ScriptedConsole

__all__ = ["ScriptedConsole", "ScriptedShell", "check_cloud", "check_reader", "check_target"]
