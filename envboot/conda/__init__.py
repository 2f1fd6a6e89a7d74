"""What is known of conda on this computer: its programs, its settings, its environments.

conda itself is not asked: starting it takes a second, and it may be absent.
"""
