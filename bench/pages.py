def refresh(path, run):
    pass
