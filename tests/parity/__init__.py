"""The same to the bit: what the docker CLI and Waggle make of the same line, on a real Engine."""
