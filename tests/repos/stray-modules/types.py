raise ImportError('the stray types.py of the repository was imported')
