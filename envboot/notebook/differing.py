"""``envboot notebook diff``: what it carries against the files here and a live environment."""
