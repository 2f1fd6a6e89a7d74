"""What the real conda leaves behind, recorded, and what ours is held to."""
