"""Training, evaluation and ONNX export of the networks, with PyTorch and without Qt."""
