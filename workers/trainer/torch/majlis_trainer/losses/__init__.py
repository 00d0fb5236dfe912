"""The losses of majlis.v1, each a sum of weight × loss over its places, divided by the caller's normalizer."""
