"""The API's addresses, one module for each subject. They read the request, ask the engine or the store, and answer."""
