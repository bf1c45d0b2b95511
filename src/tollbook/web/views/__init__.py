"""The pages, grouped by subject; each view gathers what its template shows and decides nothing else."""
