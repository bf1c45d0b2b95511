"""From the journal to the store: divides bodies, reads records, stores calls; reads them again when settings change."""
