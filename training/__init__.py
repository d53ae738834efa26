"""Training, evaluation and ONNX export of the networks, with PyTorch and without Qt."""

import engine  # noqa: F401 - before anything imports onnxruntime: see there
