"""``envboot notebook run``: from a mailed file to its results, executed by nbclient."""
