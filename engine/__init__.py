"""The engine: embedding and exact nearest-neighbour search over local folders, free of Qt and of torch."""

import os

# onnxruntime's official builds report what they run to their maker, over the network and with an identifier kept in the
# user's home. They look at this when they are imported, which only modules beneath this package do.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
