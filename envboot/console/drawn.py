"""Questions drawn by questionary, on the stream where all is said.

By itself questionary draws on stdout, where results go. Whatever it raises beside Ctrl-C and the
end of the input means that it cannot draw here: then a plain line is asked.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from envboot.console import Choice


def possible() -> bool:
    """Return whether questionary could ask: not inside a running asyncio loop."""
    asyncio = sys.modules.get("asyncio")
    if asyncio is None:
        return True
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return True
    return False


def choose(question: str, choices: Sequence[Choice], default: str, stream: TextIO) -> str | None:
    """Return the name of the choice; None when the person left."""
    import questionary

    def prompt() -> Any:  # noqa: ANN401 - questionary may not be installed
        if tuple(c.name for c in choices) == ("yes", "no"):
            return questionary.confirm(question, default=default == "yes")
        rows = [
            questionary.Choice(c.title, value=c.name, disabled=c.closed or None) for c in choices
        ]
        return questionary.select(question, choices=rows, default=default)

    answer = _asked(prompt, stream)
    if isinstance(answer, bool):
        return "yes" if answer else "no"
    return None if answer is None else str(answer)


def text(question: str, default: str, stream: TextIO) -> str | None:
    """Return a line that the person typed; None when she left."""
    import questionary

    answer = _asked(lambda: questionary.text(question, default=default), stream)
    return None if answer is None else str(answer)


def _asked(prompt: Callable[[], Any], stream: TextIO) -> object:
    from prompt_toolkit.application import create_app_session
    from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent, merge_key_bindings
    from prompt_toolkit.output import create_output

    end = KeyBindings()

    @end.add("c-d", eager=True)
    def _end(event: KeyPressEvent) -> None:
        event.app.exit(exception=EOFError)

    with create_app_session(output=create_output(stdout=stream)):
        asked = prompt()
        keys = asked.application.key_bindings
        asked.application.key_bindings = merge_key_bindings([*([keys] if keys else []), end])
        return asked.unsafe_ask()
