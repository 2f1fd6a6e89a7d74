"""``envboot notebook show``: what a notebook carries, for people and as JSON."""
