"""The engine: embedding and exact nearest-neighbour search over local folders, free of Qt and of torch."""
