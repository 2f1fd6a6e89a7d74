raise ImportError('the stray yaml.py of the repository was imported')
