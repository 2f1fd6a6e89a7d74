raise ImportError('the stray tomllib.py of the repository was imported')
