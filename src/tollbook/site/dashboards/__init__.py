"""Which tiles people have on Home, and the boards that hang on walls."""
