"""What several formats are read with: text, lines, requirements, versions."""
