"""Upon every save: the hook that keeps what a notebook carries what its folder declares."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from envboot.shell import Shell


class Keeper:
    """What one server knows of the folders whose notebooks were saved."""

    def __init__(self, shell: Shell, log: Any) -> None:  # noqa: ANN401 - a logger of some kind
        """Begin with nothing looked at."""
        self._shell, self._log = shell, log

        def keep_environment(**_words: object) -> None:
            return

        self.hook = keep_environment


def register(keeper: Keeper, manager: Any) -> None:  # noqa: ANN401 - of any version
    """Add the hook to a contents manager, once; other hooks stay."""
    if keeper.hook not in getattr(manager, "_pre_save_hooks", ()):
        manager.register_pre_save_hook(keeper.hook)
