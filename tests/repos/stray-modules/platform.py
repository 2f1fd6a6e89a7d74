raise ImportError('the stray platform.py of the repository was imported')
