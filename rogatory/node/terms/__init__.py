"""Due dates: derived from what the log says, reminded of by signed notices, shown and exported in local times."""
