"""What each conversion route makes of a PyTorch operator: facts that every rule shares."""
