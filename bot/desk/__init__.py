"""What can happen at the desk, one method for each thing: load, decide, save, enqueue, in one transaction."""
