"""On to it, once it is set up: a shell in the environment there, or JupyterLab through a tunnel."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from envboot import plan, remote
from envboot.launchers.ssh import inside
from envboot.plan import Plan
from envboot.remote import work

if TYPE_CHECKING:
    from envboot.jobs import Job
    from envboot.shell import Shell


def there(job: Job, shell: Shell) -> Plan:
    """Return the step that brings the person there, at her own terminal.

    Raises FallsShort, before anything is started, where JupyterLab is wanted and is not there.
    """
    where = remote.place(job.where or job.size)
    tree = job.facts.get("tree") or f"{work.TREES}/{job.handle}"
    if job.then == "lab":
        inside.look(where, tree, shell)
        why = f"JupyterLab on {where}"
        step = plan.child("envboot.launchers.ssh.lab", where.host, tree, why=why)
        return Plan(why, (replace(step, terminal=True, must=True),))
    why = f"a shell on {where}, in the environment; `exit` leaves it"
    step = remote.run(where, inside.SETUP, tree, "shell", why=why, terminal=True)
    return Plan(f"a shell on {where}", (step,))
