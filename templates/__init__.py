"""Files that envboot writes into repositories, each with its marked blocks."""
