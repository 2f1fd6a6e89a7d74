"""``envboot notebook cloud``: where the notebook came from and where it can be opened."""
