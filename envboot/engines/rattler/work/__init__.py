"""What the child does, with py-rattler at hand: solve, fetch, link, and leave it as conda would."""
