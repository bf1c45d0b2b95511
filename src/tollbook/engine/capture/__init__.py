"""Takes in what sources bring: runs them, journals their bytes, tracks their health, shows bytes as they arrive."""
