"""One record per opportunity to convert: flat arrays of touches, and offsets."""
